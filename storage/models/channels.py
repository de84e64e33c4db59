"""What came in and what goes out: the durable inbox and outbox, and the state of each chat."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.column_types import SafeJson
from storage.models.base import IDS_ONCE, Base


class Inbox(Base):
    """A message as a channel delivered it, stored before it is acknowledged."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        CheckConstraint("status IN ('pending', 'handling', 'done', 'parked')", "status"),
        Index(None, "channel", "chat_id", "status"),
        IDS_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    external_id: Mapped[str]
    chat_id: Mapped[str]
    text: Mapped[str | None]
    """Erased once the message is handled; the log has it, redacted."""
    received_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="pending", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was claimed."""
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often handling it failed; the other claims ended with their process."""
    lease_until: Mapped[datetime | None]
    """Handling: whose turn it is until then. Pending: not to be tried again before then."""
    reason: Mapped[str | None]
    handled_at: Mapped[datetime | None]


class Outbox(Base):
    """What a channel is to send, stored before it is sent."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'sending', 'sent', 'failed')", "status"),
        Index(None, "channel", "chat_id", "status"),
        Index(None, "channel", "chat_id", "message_id"),
        IDS_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    chat_id: Mapped[str]
    method: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(SafeJson)
    """The method's parameters. Erased once sent or failed; only a review's card keeps them."""
    about: Mapped[str] = mapped_column(default="", index=True)
    """What it belongs to, as ``answer:45``."""
    once: Mapped[str | None] = mapped_column(unique=True)
    """A key that no second row may have."""
    status: Mapped[str] = mapped_column(default="pending", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None]
    reason: Mapped[str | None]
    message_id: Mapped[str | None]
    """The channel's id of what was sent."""
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    """When it was sent, or given up."""


class ChatState(Base):
    """What sending has learned of a chat."""

    __tablename__ = "chat_states"

    channel: Mapped[str] = mapped_column(primary_key=True)
    chat_id: Mapped[str] = mapped_column(primary_key=True)
    unreachable: Mapped[str | None]
    """Why nothing can be sent there."""
    flood_until: Mapped[datetime | None]
    """Nothing may be sent there before."""
    updated_at: Mapped[datetime]
