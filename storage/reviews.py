"""What waits for staff: each open question once, with everybody who asked it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, CursorResult, insert, select, update
from sqlalchemy.orm import Session

from storage.errors import UnknownId
from storage.models import Conversation, Message, Review, ReviewAsk

URGENT = "urgent: "
"""How the reason of a review begins that staff should see before all others."""


@dataclass(frozen=True)
class ReviewRecord:
    """A question for staff."""

    id: int
    question: str
    wordings: tuple[str, ...]
    """How students asked it, each way once, first asked first."""
    asked: int
    """How often it was asked."""
    draft: str
    """The answer that staff may start from."""
    reason: str
    """Why the bot could not answer."""
    status: str
    """open, approved, rejected or merged."""
    opened_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    pair_id: int | None
    """The pair that an approval made."""
    merged_into: int | None
    """The review that this one's asks went to."""


@dataclass(frozen=True)
class Asker:
    """A conversation in which a review's question was asked."""

    conversation_id: int
    channel: str
    chat_id: str
    question_id: int
    """The message that asked it last."""
    wording: str
    """How it was asked last."""


def open_review(
    session: Session, *, question: str, draft: str, reason: str, message_id: int | None, now: datetime
) -> int:
    """Opens a review for a question that was asked once, and returns its id."""
    row = insert(Review).values(question=question, draft=draft, reason=reason, opened_at=now).returning(Review.id)
    review_id = session.scalars(row).one()
    _add_ask(session, review_id, wording=question, message_id=message_id, now=now)
    return review_id


def join_review(session: Session, review_id: int, *, wording: str, message_id: int | None, now: datetime) -> None:
    """Adds one more ask to an open review.

    Raises:
        UnknownId: the review is not open, or not any more.
    """
    # Locked, so that nobody decides it before this ask is in.
    found = select(Review.id).where(Review.id == review_id, Review.status == "open").with_for_update()
    if session.scalar(found) is None:
        raise UnknownId(f"There is no open review {review_id}; look for an open one again, or open a new one.")
    _add_ask(session, review_id, wording=wording, message_id=message_id, now=now)


def open_reviews(session: Session) -> list[ReviewRecord]:
    """The open reviews: urgent ones, then the most asked, then the oldest."""

    def order(review: ReviewRecord) -> tuple[bool, int, int]:
        return not review.reason.startswith(URGENT), -review.asked, review.id

    return sorted(_records(session, Review.status == "open"), key=order)


def get_review(session: Session, review_id: int, *, lock: bool = False) -> ReviewRecord:
    """One review, in any state; with ``lock``, nobody else decides or asks it until the transaction ends.

    Raises:
        UnknownId: there is none with this id.
    """
    if lock:
        session.scalar(select(Review.id).where(Review.id == review_id).with_for_update())
    for record in _records(session, Review.id == review_id):
        return record
    raise UnknownId(f"There is no review {review_id}.")


def decide(
    session: Session, review_id: int, *, status: str, by: str, now: datetime, pair_id: int | None = None
) -> bool:
    """Closes an open review as approved or rejected; False when it was not open, so somebody was first."""
    result = session.execute(
        update(Review)
        .where(Review.id == review_id, Review.status == "open")
        .values(status=status, decided_by=by, decided_at=now, pair_id=pair_id)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def askers(session: Session, review_id: int) -> list[Asker]:
    """Each conversation that asked a review's question and still exists, first asked first."""
    asks = (
        select(Conversation, Message.id, ReviewAsk.wording)
        .select_from(ReviewAsk)
        .join(Message, Message.id == ReviewAsk.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(ReviewAsk.review_id == review_id)
        .order_by(ReviewAsk.id)
    )
    latest: dict[int, Asker] = {}
    for talk, question_id, wording in session.execute(asks):
        latest[talk.id] = Asker(talk.id, talk.channel, talk.chat_id, question_id, wording)
    return list(latest.values())


def merge(session: Session, review_id: int, into_id: int, *, by: str, now: datetime) -> bool:
    """Closes an open review as merged and moves its asks to another open one; False when not both are open."""
    both = select(Review.id).where(Review.id.in_((review_id, into_id)), Review.status == "open")
    if len(session.scalars(both.order_by(Review.id).with_for_update()).all()) < 2:
        return False
    session.execute(update(ReviewAsk).where(ReviewAsk.review_id == review_id).values(review_id=into_id))
    closed = {"status": "merged", "merged_into": into_id, "decided_by": by, "decided_at": now}
    session.execute(update(Review).where(Review.id == review_id).values(closed))
    return True


def edit_review(
    session: Session, review_id: int, *, question: str | None = None, draft: str | None = None
) -> ReviewRecord:
    """Replaces an open review's question, its draft or both; None leaves one as it is.

    Raises:
        UnknownId: the review is not open, or not any more.
    """
    values = {name: value for name, value in (("question", question), ("draft", draft)) if value is not None}
    found = select(Review.id).where(Review.id == review_id, Review.status == "open").with_for_update()
    if session.scalar(found) is None:
        raise UnknownId(f"There is no open review {review_id}; a decided one does not change.")
    if values:
        session.execute(update(Review).where(Review.id == review_id).values(**values))
    return get_review(session, review_id)


def _add_ask(session: Session, review_id: int, *, wording: str, message_id: int | None, now: datetime) -> None:
    values = {"review_id": review_id, "wording": wording, "message_id": message_id, "asked_at": now}
    session.execute(insert(ReviewAsk), [values])


def _records(session: Session, condition: ColumnElement[bool]) -> Sequence[ReviewRecord]:
    asks: dict[int, list[str]] = {}
    wordings = select(ReviewAsk.review_id, ReviewAsk.wording).join(Review, Review.id == ReviewAsk.review_id)
    for review_id, wording in session.execute(wordings.where(condition).order_by(ReviewAsk.id)):
        asks.setdefault(review_id, []).append(wording)
    return [
        ReviewRecord(
            id=row.id,
            question=row.question,
            wordings=tuple(dict.fromkeys(asks.get(row.id, ()))),  # a merged one has none left
            asked=len(asks.get(row.id, ())),
            draft=row.draft,
            reason=row.reason,
            status=row.status,
            opened_at=row.opened_at,
            decided_by=row.decided_by,
            decided_at=row.decided_at,
            pair_id=row.pair_id,
            merged_into=row.merged_into,
        )
        for row in session.execute(select(*Review.__table__.columns).where(condition))
    ]
