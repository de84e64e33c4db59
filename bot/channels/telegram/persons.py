"""Talking to a person instead of the bot: asked for, gone on with, and ended by the student."""

from bot.answering.dialogue import Reviews
from bot.channels.telegram import wording
from bot.channels.telegram.base import People
from bot.channels.telegram.talk import CHANNEL, Talk
from bot.errors import AlreadyAnswered
from bot.messages import Kind
from bot.privacy.redaction import redacted
from bot.telegram.events import Event
from bot.telegram.keyboards import button
from storage import chat_states, conversations, handoffs, inbox
from storage.conversations import ExchangeRecord
from storage.database import Database
from storage.inbox import InboxItem

_SEARCHED = 20
"""Exchanges in which the one is looked for whose button was pressed."""


class Persons:
    """The student's end of hand-offs."""

    def __init__(self, database: Database, people: People, reviews: Reviews) -> None:
        self._database = database
        self._people = people
        self._reviews = reviews

    def ask(self, talk: Talk, answer_id: int | None = None) -> None:
        """Asks for a person, about an answer or about what was said last."""
        conversation = talk.conversation
        back = [button(wording.BACK_TO_BOT, "bot")]
        if handoffs.open_of(talk.session, conversation):
            talk.say(wording.PERSON_ASKED_ALREADY, back)
            return
        about = _exchange(talk, conversation, answer_id)
        question = about.question if about else ""
        name = talk.event.user_name
        if self._people.ask(talk.session, conversation_id=conversation, name=name, question=question, now=talk.now):
            talk.say(wording.PERSON_ASKED, back)
        elif about and self._is_noted(talk, about):
            talk.say(wording.NO_PERSON_BUT_NOTED)
        else:
            talk.say(wording.NO_PERSON)

    def leave(self, talk: Talk) -> None:
        """Goes back to the bot."""
        conversation = talk.known_conversation
        left = conversation and self._people.leave(talk.session, conversation_id=conversation, now=talk.now)
        talk.say(wording.BACK_AGAIN if left else wording.NEVER_LEFT)

    def forget(self, talk: Talk) -> None:
        """Tells staff that the chat is about to be deleted."""
        if conversation := talk.known_conversation:
            self._people.forget(talk.session, conversation_id=conversation, now=talk.now)

    def is_open(self, event: Event) -> bool:
        """Whether a person has the conversation."""
        with self._database.reading() as session:
            conversation = conversations.find_conversation(session, CHANNEL, event.chat_id)
            return conversation is not None and handoffs.open_of(session, conversation) is not None

    def told(self, item: InboxItem, talk: Talk, text: str, *, corrected: bool = False) -> bool:
        """Passes on what the student wrote, and ends the inbox's message; False: nobody has the conversation any more.

        Raises:
            AlreadyAnswered: another worker was quicker.
        """
        conversation = talk.conversation
        shown = wording.CORRECTION.format(text=text) if corrected else text
        if not self._people.tell(talk.session, conversation_id=conversation, text=shown, now=talk.now):
            return False
        conversations.log_question(talk.session, conversation, redacted(text), now=item.received_at)
        chat_states.mark_reachable(talk.session, CHANNEL, talk.event.chat_id, talk.now)
        if not inbox.finish(talk.session, item.id, now=talk.now):
            raise AlreadyAnswered(f"Inbox message {item.id} was passed on by another worker.")
        return True

    def _is_noted(self, talk: Talk, about: ExchangeRecord) -> bool:
        """Whether staff will see the question: an answered one becomes a review now, an unknown one has one."""
        if about.kind == Kind.ANSWER:
            self._reviews.report(
                talk.session,
                question=about.question,
                draft="",
                reason="the student asked for a person",
                message_id=about.question_id,
                now=talk.now,
            )
        return about.kind in (Kind.ANSWER, Kind.UNKNOWN)


def _exchange(talk: Talk, conversation: int, answer_id: int | None) -> ExchangeRecord | None:
    """The exchange with that answer, else the last one."""
    found = conversations.recent_exchanges(talk.session, conversation, limit=_SEARCHED)
    return next((one for one in found if one.answer_id == answer_id), found[-1] if found else None)
