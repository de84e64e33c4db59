"""What is approved, how it came to be, and what waits for staff."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


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
    __table_args__ = (CheckConstraint("status IN ('open', 'approved', 'rejected', 'merged')", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str]
    status: Mapped[str] = mapped_column(default="open", index=True)
    reason: Mapped[str]
    draft: Mapped[str]
    opened_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    pair_id: Mapped[int | None] = mapped_column(ForeignKey("pairs.id"))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("reviews.id"))


class ReviewAsk(Base):
    """One time that a student asked a review's question, in the student's words."""

    __tablename__ = "review_asks"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    wording: Mapped[str]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    asked_at: Mapped[datetime]


class Counter(Base):
    """A number that only grows."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
