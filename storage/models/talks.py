"""What was said: conversations, their messages, who took one over, and practice questions."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import IDS_ONCE, Base

_OPEN = "status = 'open'"


class Conversation(Base):
    """One chat on one channel."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("channel", "chat_id"), IDS_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    chat_id: Mapped[str]
    created_at: Mapped[datetime]


class Message(Base):
    """What somebody wrote; an answer carries everything that is known about how it was made."""

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("role IN ('student', 'bot', 'staff')", "role"),
        CheckConstraint("feedback IN (-1, 0, 1)", "feedback"),
        Index(None, "conversation_id", "id"),
        IDS_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    role: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    kind: Mapped[str | None]
    verbatim: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(default="")
    asked: Mapped[str] = mapped_column(default="")
    """An answer's question as it was understood."""
    model_base: Mapped[str | None]
    model_adapter: Mapped[str | None]
    passages: Mapped[list[dict[str, Any]] | None]
    milliseconds: Mapped[dict[str, Any] | None]
    feedback: Mapped[int] = mapped_column(default=0)


class Handoff(Base):
    """A conversation that a person took over from the bot, or was asked to."""

    __tablename__ = "handoffs"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'closed')", "status"),
        # One open at a time.
        Index(None, "conversation_id", unique=True, sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),
        IDS_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    status: Mapped[str] = mapped_column(default="open")
    reason: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    question: Mapped[str]
    """The student's last question, redacted."""
    begun_after: Mapped[int] = mapped_column(server_default="0")
    """Id of the last message before it; 0 where nothing was said. What follows is its thread."""


class Quiz(Base):
    """One practice question, asked as a poll."""

    __tablename__ = "quizzes"
    __table_args__ = IDS_ONCE

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    pair_id: Mapped[int] = mapped_column(ForeignKey("pairs.id"))
    poll_id: Mapped[str | None] = mapped_column(unique=True)
    """The channel's id of the poll, once it is sent."""
    correct: Mapped[int]
    """Number of the right option, from 0."""
    chosen: Mapped[int | None]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
