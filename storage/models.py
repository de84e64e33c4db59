"""The tables, typed.

There are no relationships: every query says what it joins, so nothing is ever loaded by surprise.
Rows stay inside ``storage``; callers get frozen records.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.column_types import SafeText, UtcDateTime


class Base(DeclarativeBase):
    """What all tables share: names for constraints, and how Python types are stored."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: SafeText,
        datetime: UtcDateTime,
        dict[str, Any]: JSON(none_as_null=True),
        list[dict[str, Any]]: JSON(none_as_null=True),
    }


class Conversation(Base):
    """One chat on one channel."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("channel", "chat_id"),)

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


class Pair(Base):
    """A question with its approved answer."""

    __tablename__ = "pairs"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'retired')", "status"),
        CheckConstraint("origin IN ('csv', 'staff', 'review')", "origin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str]
    answer: Mapped[str]
    status: Mapped[str] = mapped_column(default="active")
    origin: Mapped[str]
    approved_by: Mapped[str]
    approved_at: Mapped[datetime]
    position: Mapped[int]
    """Order in the CSV."""
    changed_seq: Mapped[int] = mapped_column(index=True)
    """The knowledge version that changed it last."""


class PairWording(Base):
    """One way to ask a pair's question; ordinal 0 is the canonical one."""

    __tablename__ = "pair_wordings"
    __table_args__ = (Index(None, "pair_id", "ordinal"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pair_id: Mapped[int] = mapped_column(ForeignKey("pairs.id"))
    ordinal: Mapped[int]
    text: Mapped[str]
    folded: Mapped[str] = mapped_column(index=True)


class PairChange(Base):
    """Who changed a pair, when, and what it was before and after."""

    __tablename__ = "pair_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    pair_id: Mapped[int] = mapped_column(ForeignKey("pairs.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str]
    action: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any]]


class Fold(Base):
    """The pairs written to the CSV."""

    __tablename__ = "folds"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    before: Mapped[str]
    after: Mapped[str] = mapped_column(index=True)
    knowledge_version: Mapped[int]
    last_change_id: Mapped[int]
    done: Mapped[bool] = mapped_column(default=False)


class WordingSide(Base):
    """Whether training may use a wording."""

    __tablename__ = "wording_sides"
    __table_args__ = (CheckConstraint("side IN ('train', 'held_out')", "side"),)

    folded: Mapped[str] = mapped_column(primary_key=True)
    side: Mapped[str]
    decided_at: Mapped[datetime]


class Review(Base):
    """A question that waits for staff, or did."""

    __tablename__ = "reviews"
    __table_args__ = (CheckConstraint("status IN ('open', 'approved', 'rejected')", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str]
    status: Mapped[str] = mapped_column(default="open", index=True)
    reason: Mapped[str]
    draft: Mapped[str]
    opened_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    pair_id: Mapped[int | None] = mapped_column(ForeignKey("pairs.id"))


class ReviewAsk(Base):
    """One time that a student asked a review's question, in the student's words."""

    __tablename__ = "review_asks"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    wording: Mapped[str]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    asked_at: Mapped[datetime]


class AdapterVersion(Base):
    """A trained adapter; immutable."""

    __tablename__ = "adapter_versions"
    __table_args__ = (UniqueConstraint("base", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    base: Mapped[str]
    version: Mapped[str]
    path: Mapped[str]
    manifest: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class AdapterPair(Base):
    """A pair that an adapter was trained on."""

    __tablename__ = "adapter_pairs"

    adapter_id: Mapped[int] = mapped_column(ForeignKey("adapter_versions.id"), primary_key=True)
    pair_id: Mapped[int] = mapped_column(ForeignKey("pairs.id"), primary_key=True, index=True)
    changed_seq: Mapped[int]
    """The knowledge version that had changed the pair last."""


class AdapterAlias(Base):
    """A name that moves between versions, such as ``champion``."""

    __tablename__ = "adapter_aliases"

    base: Mapped[str] = mapped_column(primary_key=True)
    alias: Mapped[str] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("adapter_versions.id"))


class AliasChange(Base):
    """Who moved an alias, when, from where to where, and why."""

    __tablename__ = "alias_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    base: Mapped[str]
    alias: Mapped[str]
    version: Mapped[str]
    previous: Mapped[str | None]
    by: Mapped[str]
    at: Mapped[datetime]
    why: Mapped[str]


class TrainingRun(Base):
    """A retraining that somebody asked for."""

    __tablename__ = "training_runs"
    __table_args__ = (CheckConstraint("status IN ('queued', 'running', 'done', 'failed')", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recipe: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="queued")
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    report: Mapped[dict[str, Any] | None]


class Inbox(Base):
    """A message as a channel delivered it, stored before it is acknowledged."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        CheckConstraint("status IN ('pending', 'handling', 'done', 'parked')", "status"),
        Index(None, "channel", "chat_id", "status"),
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
    lease_until: Mapped[datetime | None]
    """Handling: whose turn it is until then. Pending: not to be tried again before then."""
    reason: Mapped[str | None]
    handled_at: Mapped[datetime | None]


class Counter(Base):
    """A number that only grows."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
