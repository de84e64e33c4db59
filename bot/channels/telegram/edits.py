"""Whether a student's change of a message asks something new."""

from bot.channels.telegram.talk import CHANNEL
from bot.privacy.redaction import redacted
from bot.telegram.events import Edited, Event
from storage import conversations, handoffs
from storage.database import Session
from storage.text import folded

_SEARCHED = 20


def is_correction(session: Session, event: Event, edited: Edited) -> bool:
    """Whether the last question was changed, and its words with it; of what a person reads, any.

    The log holds no ids of Telegram's. The message was the last question if since it was sent no more than that one was
    logged; its corrections do not count, as they are logged with the time when it was sent.
    """
    conversation = conversations.find_conversation(session, CHANNEL, event.chat_id)
    if conversation is None or edited.text.startswith("/"):
        return False
    said = conversations.transcript(session, conversation, limit=_SEARCHED)
    questions = [message for message in said if message.role == "student"]
    new = folded(redacted(edited.text))
    if handoffs.open_of(session, conversation):
        return bool(new) and new not in {folded(message.text) for message in questions}
    if not questions or len([message for message in questions if message.created_at > edited.sent_at]) > 1:
        return False
    lines = questions[-1].text.split("\n")  # one for each message of a burst
    return bool(new) and new not in {folded(questions[-1].text), *map(folded, lines)}
