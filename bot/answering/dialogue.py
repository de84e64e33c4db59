"""A student's turn, logged: question, answer and, where staff are needed, the review, in one transaction.

The transaction is opened after the model has answered, never across it; the durable inbox holds the
message until then, so a kill at any moment repeats the turn instead of losing it or logging it twice.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.answering.answerer import Answerer
from bot.answering.grounded import Preview
from bot.answering.understanding import EarlierTurn
from bot.errors import AlreadyAnswered
from bot.messages import Answer, IncomingMessage, Kind, Reply
from bot.privacy.redaction import redacted, says_something
from storage import conversations, inbox
from storage.database import Database, Session
from storage.reviews import URGENT

REMEMBERED_TURNS = 4
REMEMBERED_FOR = timedelta(minutes=30)
"""A follow-up refers to what was said in this time; after it a short question starts afresh."""
INSULTS = 3
"""With this many insults in :data:`REMEMBERED_FOR` a pause begins."""
PAUSE = timedelta(minutes=10)
_INSULT, _PAUSE, _PAUSED = "insult", "pause", "paused"
"""Reasons of answers: a category of the moderator, and the dialogue's own."""
_DANGER = {"self_harm": "the student may be in danger", "abused": "somebody may suffer violence or abuse"}
"""Categories of the moderator that staff are told of at once, and in which words."""

Also = Callable[[Session, Reply, Answer], None]
"""What else belongs into the transaction that logs an answer, such as to store what is to be sent."""

log = logging.getLogger("cenfobot")


@dataclass(frozen=True)
class _Past:
    """What was said before in a conversation."""

    turns: Sequence[EarlierTurn] = ()
    insults: int = 0
    paused: bool = False


class Reviews(Protocol):
    """Where a question goes that staff should see; part of the caller's transaction."""

    def report(
        self, session: Session, *, question: str, draft: str, reason: str, message_id: int, now: datetime
    ) -> int:
        """Opens a review, or joins the one that is open for the same question; returns its id."""
        ...


class Dialogue:
    """Answers students in their conversations, and takes their feedback."""

    def __init__(self, database: Database, answerer: Answerer, reviews: Reviews, pause: str = "") -> None:
        """``pause`` is the text at the third insult, with ``{minutes}`` in it."""
        self._database = database
        self._answerer = answerer
        self._reviews = reviews
        self._pause = pause.replace("{minutes}", str(PAUSE // timedelta(minutes=1)))

    async def turn(
        self,
        message: IncomingMessage,
        *,
        inbox_id: int | None = None,
        joined: Sequence[int] = (),
        preview: Preview | None = None,
        also: Also | None = None,
    ) -> tuple[Reply, Answer]:
        """Answers one message; ``inbox_id`` is marked as handled together with the answer.

        So are the ``joined`` ones, whose texts are part of the message.

        Raises:
            AlreadyAnswered: another worker was quicker with this inbox message; nothing was logged.
        """
        past = await asyncio.to_thread(self._past, message)
        answer = self._calmed(await self._answerer.answer(message.text, past.turns, preview), past)
        handled = [*joined] if inbox_id is None else [inbox_id, *joined]
        return await asyncio.to_thread(self._log, message, answer, handled, also), answer

    async def apologise(
        self, message: IncomingMessage, apology: str, reason: str, *, also: Also | None = None
    ) -> Reply:
        """Logs a message that could not be answered, however often it was tried, with what the student is told."""
        answer = Answer(message.text, Kind.SMALL_TALK, apology, (), None, False, {}, f"failed: {reason}")
        return await asyncio.to_thread(self._log, message, answer, (), also)

    async def feedback(self, channel: str, chat_id: str, answer_id: int, value: int) -> bool:
        """Notes 👍 (1), 👎 (-1) or neither (0); a new 👎 becomes a review. False: this chat has no such answer."""
        return await asyncio.to_thread(self._feedback, channel, chat_id, answer_id, value)

    def _calmed(self, answer: Answer, past: _Past) -> Answer:
        """The third insult begins a pause, in which nothing is answered but a call for help."""
        if not self._pause or answer.reason in _DANGER:
            return answer
        begins = answer.reason == _INSULT and past.insults >= INSULTS - 1
        if not past.paused and not begins:
            return answer
        reason = _PAUSED if past.paused else _PAUSE
        return Answer(answer.question, Kind.UNSAFE, self._pause, (), answer.model, False, answer.milliseconds, reason)

    def _past(self, message: IncomingMessage) -> _Past:
        at = message.received_at
        with self._database.reading() as session:
            conversation = conversations.find_conversation(session, message.channel, message.chat_id)
            if conversation is None:
                return _Past()
            records = conversations.recent_exchanges(session, conversation, limit=REMEMBERED_TURNS)
            paused = conversations.answered_because(session, conversation, _PAUSE, since=at - PAUSE)
            insults = conversations.answered_because(session, conversation, _INSULT, since=at - REMEMBERED_FOR)
        turns = []
        for record in records:
            best = record.passages[0] if record.kind == Kind.ANSWER and record.passages else {}
            if record.at >= at - REMEMBERED_FOR:
                turns.append(
                    EarlierTurn(
                        record.question, str(best.get("title") or best.get("question", "")), str(best.get("answer", ""))
                    )
                )
        return _Past(turns, insults, bool(paused))

    def _log(self, message: IncomingMessage, answer: Answer, handled: Sequence[int], also: Also | None) -> Reply:
        now = datetime.now(UTC)
        with self._database.writing() as session:
            conversation = conversations.open_conversation(session, message.channel, message.chat_id, now=now)
            question = redacted(message.text)
            question_id = conversations.log_question(session, conversation, question, now=message.received_at)
            answer_id = conversations.log_answer(
                session,
                question_id,
                text=answer.text,
                kind=answer.kind.value,
                verbatim=answer.verbatim,
                reason=answer.reason,
                model_base=answer.model.base if answer.model else None,
                model_adapter=answer.model.adapter if answer.model else None,
                passages=[asdict(passage) for passage in answer.passages],
                milliseconds=answer.milliseconds,
                asked=redacted(answer.asked),
                now=now,
            )
            opened = [
                self._reviews.report(session, question=asked, draft="", reason=why, message_id=question_id, now=now)
                for asked, why in _reports(answer)
            ]
            text = f"{answer.warning}\n\n{answer.text}" if answer.warning else answer.text
            reply = Reply(text, answer.kind, answer_id, answer.verbatim, answer.suggestions)
            if also:
                also(session, reply, answer)
            for inbox_id in handled:
                if not inbox.finish(session, inbox_id, now=now):
                    raise AlreadyAnswered(
                        f"Inbox message {inbox_id} was answered by another worker; nothing was logged twice."
                    )
        if answer.reason in _DANGER:
            log.warning("%s: review %d, conversation %d", _DANGER[answer.reason], opened[0], conversation)
        return reply

    def _feedback(self, channel: str, chat_id: str, answer_id: int, value: int) -> bool:
        now = datetime.now(UTC)
        with self._database.writing() as session:
            conversation = conversations.find_conversation(session, channel, chat_id)
            if conversation is None:
                return False
            given = conversations.set_feedback(session, conversation, answer_id, value)
            if given is None:
                return False
            if value < 0 and given.previous >= 0 and given.kind in (Kind.ANSWER, Kind.UNKNOWN):
                self._reviews.report(
                    session,
                    question=given.asked or given.question,
                    draft=given.answer if given.kind == Kind.ANSWER else "",
                    reason="the student was not content with the answer",
                    message_id=given.question_id,
                    now=now,
                )
        return True


def _reports(answer: Answer) -> list[tuple[str, str]]:
    """The questions that staff should see, redacted, and why; one that is nothing but masks says nothing to them."""
    if answer.reason in _DANGER:
        return [(redacted(answer.question), f"{URGENT}{_DANGER[answer.reason]}")]
    asked = [(answer.asked, answer.reason)] if answer.kind is Kind.UNKNOWN else []
    asked += [(question, "a part of a message, without an approved pair") for question in answer.open_questions]
    shown = [(redacted(question), reason) for question, reason in asked]
    return [(question, reason) for question, reason in shown if says_something(question)]
