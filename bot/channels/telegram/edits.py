"""Whether a student's change of a message asks something new."""

from bot.channels.telegram.talk import CHANNEL
from bot.privacy.redaction import redacted
from bot.telegram.events import Edited, Event
from storage import conversations
from storage.database import Session
from storage.text import folded

_SEARCHED = 20


def is_correction(session: Session, event: Event, edited: Edited) -> bool:
    """Whether the last question was changed, and its words with it.

    The log holds no ids of Telegram's. The message was the last question if since it was sent no more than that one was
    logged; its corrections do not count, as they are logged with the time when it was sent.
    """
    conversation = conversations.find_conversation(session, CHANNEL, event.chat_id)
    if conversation is None or edited.text.startswith("/"):
        return False
    said = conversations.transcript(session, conversation, limit=_SEARCHED)
    questions = [message for message in said if message.role == "student"]
    if not questions or len([message for message in questions if message.created_at > edited.sent_at]) > 1:
        return False
    new = folded(redacted(edited.text))
    lines = questions[-1].text.split("\n")  # one for each message of a burst
    return bool(new) and new not in {folded(questions[-1].text), *map(folded, lines)}
