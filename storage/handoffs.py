"""Hand-offs: a conversation that a person takes over from the bot, one at a time, until somebody closes it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from storage.errors import UnknownId
from storage.models import Handoff, Message
from storage.statements import insert_if_absent


@dataclass(frozen=True)
class HandoffRecord:
    """A conversation that a person took over, or was asked to."""

    id: int
    conversation_id: int
    status: str
    """open or closed."""
    reason: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    question: str
    """The student's last question, redacted."""
    begun_after: int
    """Id of the conversation's last message before it; what follows is its thread."""


def open_handoff(session: Session, conversation_id: int, reason: str, question: str, now: datetime) -> int:
    """Opens a hand-off (``question`` redacted by the caller) and returns its id; an open one is returned as it is."""
    last = select(func.coalesce(func.max(Message.id), 0)).where(Message.conversation_id == conversation_id)
    values = {"conversation_id": conversation_id, "reason": reason, "question": question, "opened_at": now}
    values["begun_after"] = session.scalars(last).one()
    insert_if_absent(session, Handoff, values)
    open_one = select(Handoff.id).where(Handoff.conversation_id == conversation_id, Handoff.status == "open")
    return session.scalars(open_one).one()


def open_of(session: Session, conversation_id: int) -> HandoffRecord | None:
    """The conversation's open hand-off, or None."""
    open_one = select(Handoff).where(Handoff.conversation_id == conversation_id, Handoff.status == "open")
    handoff = session.scalar(open_one)
    return _record(handoff) if handoff else None


def all_open(session: Session) -> list[HandoffRecord]:
    """All that are open, oldest first."""
    return [
        _record(one) for one in session.scalars(select(Handoff).where(Handoff.status == "open").order_by(Handoff.id))
    ]


def get(session: Session, handoff_id: int) -> HandoffRecord:
    """One hand-off, open or closed.

    Raises:
        UnknownId: there is none with this id, or it was deleted with its chat.
    """
    handoff = session.get(Handoff, handoff_id, populate_existing=True)
    if handoff is None:
        raise UnknownId(f"There is no hand-off {handoff_id}.")
    return _record(handoff)


def close(session: Session, handoff_id: int, by: str, now: datetime) -> bool:
    """Closes an open hand-off; False when it was not open, so somebody was first."""
    result = session.execute(
        update(Handoff)
        .where(Handoff.id == handoff_id, Handoff.status == "open")
        .values(status="closed", closed_by=by, closed_at=now)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def _record(handoff: Handoff) -> HandoffRecord:
    return HandoffRecord(
        id=handoff.id,
        conversation_id=handoff.conversation_id,
        status=handoff.status,
        reason=handoff.reason,
        opened_at=handoff.opened_at,
        closed_at=handoff.closed_at,
        closed_by=handoff.closed_by,
        question=handoff.question,
        begun_after=handoff.begun_after,
    )
