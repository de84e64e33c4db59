"""A student's turn: what is written in one go is one question, and its answer is stored with all that is sent of it."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from bot.answering.dialogue import Dialogue
from bot.channels.telegram import waiting, wording
from bot.channels.telegram.answers import rows, written
from bot.channels.telegram.base import Cosmetics
from bot.channels.telegram.pieces import Pieces, place_of_answer
from bot.channels.telegram.progress import Growing, Progress
from bot.channels.telegram.talk import CHANNEL, Read, Talk
from bot.messages import Answer, IncomingMessage, Reply
from bot.profile import Profile
from bot.telegram.events import Event, TextMessage
from bot.telegram.texts import StyledText
from storage import chat_states, inbox
from storage.database import Database, Session
from storage.inbox import InboxItem

log = logging.getLogger("cenfobot")
PRESSED = ":pressed"
"""Ends the inbox's external id of a question that a button stood for."""
_TELEGRAMS_TICK = timedelta(seconds=1)
"""Telegram says when a message was sent in whole seconds."""


@dataclass(frozen=True)
class Question:
    """What is asked, and how it came to be."""

    text: str
    lead: StyledText | str = ""
    """What the answer begins with."""
    once: str | None = None
    """Key of the outbox that the answer takes, if it is free."""
    at: datetime | None = None
    """When it was asked, if that was before the inbox received it."""
    alone: bool = False
    """No other message belongs to it."""


class Turns:
    """Has questions answered, each chat's one at a time (the inbox sees to that)."""

    def __init__(
        self,
        database: Database,
        dialogue: Dialogue,
        cosmetics: Cosmetics,
        read: Read,
        *,
        profile: Profile,
        zone: tzinfo,
        burst: timedelta,
        longest_burst: timedelta,
        growing: Growing,
        wake: Callable[[], None],
    ) -> None:
        """``wake`` is called when there is something to send before the answer.

        A message that follows within ``burst`` belongs to the one before; all of them within ``longest_burst``.
        """
        self._database = database
        self._dialogue = dialogue
        self._cosmetics = cosmetics
        self._read = read
        self._profile = profile
        self._zone = zone
        self._burst = burst
        self._longest_burst = longest_burst
        self._growing = growing
        self._wake = wake
        self._asking: dict[int, asyncio.Task[tuple[Reply, Answer]]] = {}

    async def ask(self, item: InboxItem, event: Event, question: Question) -> None:
        """Answers a question, and ends the messages that it was asked with.

        Raises:
            AlreadyAnswered: another worker was quicker, or it was cancelled.
        """
        pieces = Pieces(self._database, self._wake, event, item.id)
        async with Progress(
            self._cosmetics, event.chat_id, item.id, drafts=event.private, pieces=pieces, growing=self._growing
        ) as progress:
            joined = [] if question.alone else await self._followers(item, event)
            texts = [question.text, *(self._text(other) for other in joined)]

            def also(session: Session, reply: Reply, answer: Answer) -> None:
                self._send(Talk(session, event, _now()), item, question, reply, answer)

            turn = self._dialogue.turn(
                _message(item, event, question, "\n".join(texts)),
                inbox_id=item.id,
                joined=[other.id for other in joined],
                preview=progress.preview,
                also=also,
            )
            done = await self._stoppable(item.id, asyncio.create_task(turn))
        if done:
            answer = done[1]
            total = answer.milliseconds.get("total")
            log.info("inbox %s: %s by %s in %s ms", item.id, answer.kind, answer.model, total)

    async def apologise(self, item: InboxItem, event: Event, question: Question, reason: str) -> None:
        """Says that a question could not be answered, however often it was tried."""

        def also(session: Session, reply: Reply, answer: Answer) -> None:
            waiting.end(session, event.chat_id, item.id, _now(), answered=False)
            place = place_of_answer(session, event.chat_id, item.id, _now())
            Talk(session, event, _now()).say(reply.text, once=f"sorry:{item.id}", instead_of=place)

        message = _message(item, event, question, question.text)
        await self._dialogue.apologise(message, self._profile.texts.error, reason, also=also)

    def cancel(self, talk: Talk, item_id: int) -> bool:
        """Ends a question of the chat unanswered, for the one who asked; False: it is none that still waits."""
        item = _waiting(talk, item_id)
        if item is None or (asked := self._read(item.text, item.received_at)).user_id != talk.event.user_id:
            return False
        for cancelled in (item, *self._burst_of(talk.session, item, asked)):
            inbox.finish(talk.session, cancelled.id, now=talk.now)
        if place := place_of_answer(talk.session, talk.event.chat_id, item_id, talk.now):
            talk.say(wording.CANCELLED, instead_of=place)
        return True

    def waits(self, talk: Talk, item_id: int) -> bool:
        """Whether it is a question of the chat that still waits, whoever asked it."""
        return _waiting(talk, item_id) is not None

    def stop(self, item_id: int) -> None:
        """Stops working on a question that is cancelled; call it after the commit."""
        if task := self._asking.get(item_id):
            task.cancel()

    async def _followers(self, item: InboxItem, event: Event) -> list[InboxItem]:
        """What belongs to the message, waiting for it as long as its writer goes on."""
        followers: list[InboxItem] = []
        until = item.received_at + self._burst
        while True:
            if (pause := (until - _now()).total_seconds()) > 0:
                await asyncio.sleep(pause)
            followers = await asyncio.to_thread(self._following, item, event)
            last = followers[-1].received_at if followers else item.received_at
            if (until := min(last + self._burst, item.received_at + self._longest_burst)) <= _now():
                return followers

    def _following(self, item: InboxItem, event: Event) -> list[InboxItem]:
        with self._database.reading() as session:
            return self._burst_of(session, item, event)

    def _burst_of(self, session: Session, item: InboxItem, event: Event) -> list[InboxItem]:
        """What was written in one go with a message, by the same person.

        Both clocks have to say so: after a pause of ours, much is received at once that was written at different times.
        """
        found: list[InboxItem] = []
        received, written_at = item.received_at, event.at
        for other in inbox.following(session, item, lambda text: self._belongs(text, event)):
            sent_at = self._read(other.text, other.received_at).at
            late = other.received_at - received > self._burst or sent_at - written_at > self._burst + _TELEGRAMS_TICK
            too_late = other.received_at - item.received_at > self._longest_burst
            if late or too_late or other.external_id.endswith(PRESSED):
                break
            found.append(other)
            received, written_at = other.received_at, sent_at
        return found

    def _belongs(self, text: str, event: Event) -> bool:
        other = self._read(text, event.at)
        same_writer = other.user_id == event.user_id and other.thread_id == event.thread_id
        return isinstance(other.what, TextMessage) and other.what.addressed and same_writer

    def _text(self, item: InboxItem) -> str:
        what = self._read(item.text, item.received_at).what
        return what.text if isinstance(what, TextMessage) else ""

    def _send(self, talk: Talk, item: InboxItem, question: Question, reply: Reply, answer: Answer) -> None:
        chat_id = talk.event.chat_id
        chat_states.mark_reachable(talk.session, CHANNEL, chat_id, talk.now)
        waiting.end(talk.session, chat_id, item.id, talk.now)
        text = written(talk.session, reply, answer, institution=self._profile.name, zone=self._zone, lead=question.lead)
        buttons = rows(reply, private=talk.event.private)
        about = f"answer:{reply.answer_id}"
        place = place_of_answer(talk.session, chat_id, item.id, talk.now)
        if not talk.say(text, *buttons, about=about, once=question.once, instead_of=place):
            talk.say(text, *buttons, about=about, instead_of=place)

    async def _stoppable(self, item_id: int, task: asyncio.Task[tuple[Reply, Answer]]) -> tuple[Reply, Answer] | None:
        """The task's result; None if :meth:`stop` ended it."""
        self._asking[item_id] = task
        try:
            await asyncio.wait([task])
        finally:
            del self._asking[item_id]
            task.cancel()  # for when this one is cancelled from outside; a task that is done does not mind
        return None if task.cancelled() else task.result()


def _message(item: InboxItem, event: Event, question: Question, text: str) -> IncomingMessage:
    return IncomingMessage(CHANNEL, item.external_id, event.chat_id, text, question.at or item.received_at)


def _waiting(talk: Talk, item_id: int) -> InboxItem | None:
    waits = inbox.waiting(talk.session, CHANNEL, talk.event.chat_id)
    return next((item for item in waits if item.id == item_id), None)


def _now() -> datetime:
    return datetime.now(UTC)
