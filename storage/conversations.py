"""The log: who asked what, what was answered, by which model, from which pairs, and what the student thought of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, aliased

from storage.errors import UnknownId
from storage.models import Conversation, Message
from storage.statements import insert_if_absent

CALL_BACK = "call-back"
"""Reason of an answer that staff approved after the question had been asked."""


@dataclass(frozen=True)
class ExchangeRecord:
    """A question and its answer."""

    question_id: int
    question: str
    answer_id: int
    answer: str
    kind: str
    passages: tuple[Mapping[str, Any], ...]
    """As they were logged: pair_id, question, answer, score."""
    at: datetime
    """When it was answered."""


@dataclass(frozen=True)
class MessageRecord:
    """One message of a conversation."""

    id: int
    role: str
    """student, bot or staff."""
    text: str
    created_at: datetime
    reply_to_id: int | None
    kind: str | None
    verbatim: bool
    feedback: int
    """-1, 0 (none) or 1."""
    model_base: str | None
    model_adapter: str | None
    passages: Sequence[Mapping[str, Any]] | None
    """As they were logged; None for what is no answer."""


@dataclass(frozen=True)
class FeedbackRecord:
    """What a student's feedback was about."""

    question_id: int
    question: str
    asked: str
    """The question as it was understood: a follow-up completed with its subject. Empty for fixed replies."""
    answer: str
    kind: str
    previous: int
    """The feedback before: -1, 0 (none) or 1."""


def open_conversation(session: Session, channel: str, chat_id: str, *, now: datetime) -> int:
    """The id of the chat's conversation, begun now if this is its first message."""
    insert_if_absent(session, Conversation, {"channel": channel, "chat_id": chat_id, "created_at": now})
    found = select(Conversation.id).where(Conversation.channel == channel, Conversation.chat_id == chat_id)
    return session.scalars(found).one()


def find_conversation(session: Session, channel: str, chat_id: str) -> int | None:
    """The id of the chat's conversation, or None where nothing was said yet."""
    found = select(Conversation.id).where(Conversation.channel == channel, Conversation.chat_id == chat_id)
    return session.scalar(found)


def chat_of(session: Session, conversation_id: int) -> tuple[str, str] | None:
    """The channel and the chat of a conversation; None when it was deleted."""
    found = select(Conversation.channel, Conversation.chat_id).where(Conversation.id == conversation_id)
    row = session.execute(found).one_or_none()
    return (row.channel, row.chat_id) if row else None


def log_question(session: Session, conversation_id: int, text: str, *, now: datetime) -> int:
    """Logs what a student wrote (redacted by the caller) and returns its id."""
    row = insert(Message).values(conversation_id=conversation_id, role="student", text=text, created_at=now)
    return session.scalars(row.returning(Message.id)).one()


def log_answer(
    session: Session,
    question_id: int,
    *,
    text: str,
    kind: str,
    verbatim: bool,
    reason: str,
    model_base: str | None,
    model_adapter: str | None,
    passages: Sequence[Mapping[str, object]],
    milliseconds: Mapping[str, float],
    now: datetime,
    asked: str = "",
) -> int:
    """Logs the answer to a question, with all that is known about it, and returns its id.

    Raises:
        UnknownId: there is no such question.
    """
    conversation_id = session.scalar(select(Message.conversation_id).where(Message.id == question_id))
    if conversation_id is None:
        raise UnknownId(f"There is no message {question_id} to answer; log the question first.")
    row = insert(Message).values(
        conversation_id=conversation_id,
        role="bot",
        text=text,
        created_at=now,
        reply_to_id=question_id,
        kind=kind,
        verbatim=verbatim,
        reason=reason,
        model_base=model_base,
        model_adapter=model_adapter,
        passages=[dict(passage) for passage in passages],
        milliseconds=dict(milliseconds),
        asked=asked,
    )
    return session.scalars(row.returning(Message.id)).one()


def log_staff_message(session: Session, conversation_id: int, text: str, *, now: datetime) -> int:
    """Logs what a person of the staff wrote to a student, which replies to no question, and returns its id."""
    row = insert(Message).values(conversation_id=conversation_id, role="staff", text=text, created_at=now)
    return session.scalars(row.returning(Message.id)).one()


def recent_exchanges(session: Session, conversation_id: int, *, limit: int) -> list[ExchangeRecord]:
    """The last ``limit`` questions with their answers, oldest first."""
    question = aliased(Message)
    rows = session.execute(
        select(question, Message)
        .join(question, question.id == Message.reply_to_id)
        .where(Message.conversation_id == conversation_id, Message.role == "bot")
        .order_by(Message.id.desc())
        .limit(limit)
    ).all()
    return [
        ExchangeRecord(q.id, q.text, a.id, a.text, a.kind or "", tuple(a.passages or ()), a.created_at)
        for q, a in reversed(rows)
    ]


def answered_because(session: Session, conversation_id: int, reason: str, *, since: datetime) -> int:
    """How many answers since then have this ``reason``."""
    found = select(func.count()).where(
        Message.conversation_id == conversation_id, Message.reason == reason, Message.created_at >= since
    )
    return session.scalars(found).one()


def transcript(session: Session, conversation_id: int, *, after_id: int = 0, limit: int = 200) -> list[MessageRecord]:
    """The newest ``limit`` messages with an id above ``after_id``, oldest first."""
    rows = session.execute(
        select(
            Message.id,
            Message.role,
            Message.text,
            Message.created_at,
            Message.reply_to_id,
            Message.kind,
            Message.verbatim,
            Message.feedback,
            Message.model_base,
            Message.model_adapter,
            Message.passages,
        )
        .where(Message.conversation_id == conversation_id, Message.id > after_id)
        .order_by(Message.id.desc())
        .limit(limit)
    ).mappings()
    return [MessageRecord(**row) for row in reversed(rows.all())]


def set_feedback(session: Session, conversation_id: int, answer_id: int, value: int) -> FeedbackRecord | None:
    """Notes a student's feedback, -1, 0 (taken back) or 1; None when the answer is not of this conversation.

    Raises:
        ValueError: another value.
    """
    if value not in (-1, 0, 1):
        raise ValueError(f"Feedback is -1, 0 or 1, received {value!r}.")
    mine = (Message.id == answer_id, Message.conversation_id == conversation_id, Message.role == "bot")
    answer = session.scalar(select(Message).where(*mine).with_for_update())
    if answer is None or answer.reply_to_id is None:
        return None
    question = session.scalars(select(Message.text).where(Message.id == answer.reply_to_id)).one()
    record = FeedbackRecord(
        answer.reply_to_id, question, answer.asked or "", answer.text, answer.kind or "", answer.feedback
    )
    answer.feedback = value
    session.flush()
    return record
