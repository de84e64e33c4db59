"""The durable inbox: a message is stored before it is acknowledged, and handled once, in its chat's order.

A worker claims a message under a lease, in a transaction of its own, and ends with :func:`finish` (in the
transaction that logs the answer), :func:`fail` or :func:`park`. If it dies, the lease runs out and another claim gets
the message. Failures and deaths are counted apart: the end of a process is mostly no fault of what it was handling.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy import CursorResult, and_, exists, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from storage.errors import UnknownId
from storage.models import Inbox
from storage.statements import insert_if_absent

_CLAIM_LOCK = 0x696E626F
"""Key of PostgreSQL's advisory lock for claims."""
_UNFINISHED = ("pending", "handling")


@dataclass(frozen=True)
class InboxItem:
    """A message that waits or is being handled."""

    id: int
    channel: str
    external_id: str
    chat_id: str
    text: str
    received_at: datetime
    attempts: int
    """How often it was claimed, this time included."""
    failures: int = 0
    """How often handling it has failed."""

    @property
    def deaths(self) -> int:
        """How often it was claimed and never ended: what handled it was killed, or stopped before it was done."""
        return self.attempts - 1 - self.failures


def receive(
    session: Session, *, channel: str, external_id: str, chat_id: str, text: str, received_at: datetime
) -> bool:
    """Stores a message; False when the channel delivered it before. Acknowledge it after the commit."""
    values = {"external_id": external_id, "channel": channel, "chat_id": chat_id, "text": text}
    return insert_if_absent(
        session, Inbox, {**values, "received_at": received_at, "status": "pending", "attempts": 0, "failures": 0}
    )


def claim(
    session: Session, *, now: datetime, lease_seconds: float, channels: Sequence[str] | None = None
) -> InboxItem | None:
    """The oldest message that can be handled now, leased to the caller; None when there is none.

    That is the first unfinished one of its chat, when nobody holds a live lease on any message of that chat and no
    retry is being waited for. A later message never overtakes an earlier one.
    """
    if session.get_bind().dialect.name == "postgresql":
        # One claim at a time, as on SQLite: row locks alone would let two claims take two messages of one chat.
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CLAIM_LOCK})
    other = aliased(Inbox)
    chat_is_busy = exists().where(
        other.channel == Inbox.channel,
        other.chat_id == Inbox.chat_id,
        or_(
            and_(other.status.in_(_UNFINISHED), other.id < Inbox.id),
            and_(other.status == "handling", other.lease_until > now, other.id != Inbox.id),
        ),
    )
    ready = select(Inbox).where(
        Inbox.status.in_(_UNFINISHED), or_(Inbox.lease_until.is_(None), Inbox.lease_until <= now), ~chat_is_busy
    )
    if channels is not None:
        ready = ready.where(Inbox.channel.in_(channels))
    # SKIP LOCKED: a worker whose lease ran out may be finishing the message at this moment.
    item = session.scalar(ready.order_by(Inbox.id).limit(1).with_for_update(skip_locked=True, of=Inbox))
    if item is None:
        return None
    item.status, item.attempts = "handling", item.attempts + 1
    item.lease_until = now + timedelta(seconds=lease_seconds)
    session.flush()
    return _record(item)


def finish(session: Session, item_id: int, *, now: datetime) -> bool:
    """Ends a message and erases its text; False when it had ended before, so that the caller can roll back."""
    result = session.execute(
        update(Inbox)
        .where(Inbox.id == item_id, Inbox.status.in_(_UNFINISHED))
        .values(status="done", text=None, lease_until=None, reason=None, handled_at=now)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def hold(session: Session, item_id: int) -> bool:
    """Whether a message has not ended; if so, nobody else ends it before this transaction does."""
    unfinished = select(Inbox.id).where(Inbox.id == item_id, Inbox.status.in_(_UNFINISHED))
    return session.scalar(unfinished.with_for_update()) is not None


def fail(
    session: Session,
    item_id: int,
    *,
    reason: str,
    now: datetime,
    retry_after_seconds: float = 10.0,
) -> None:
    """Counts a failure, and gives the message back for another try.

    Raises:
        UnknownId: there is no such message, or it has ended.
    """
    item = _unfinished(session, item_id)
    item.status, item.reason, item.failures = "pending", reason, item.failures + 1
    item.lease_until = now + timedelta(seconds=retry_after_seconds)
    session.flush()


def park(session: Session, item_id: int, *, reason: str, now: datetime) -> None:
    """Gives a message up. It keeps its text and blocks nothing.

    Raises:
        UnknownId: there is no such message, or it has ended.
    """
    item = _unfinished(session, item_id)
    item.status, item.reason, item.handled_at, item.lease_until = "parked", reason, now, None
    session.flush()


def is_parked(session: Session, item_id: int) -> bool:
    """Whether a message was given up."""
    return session.scalar(select(Inbox.id).where(Inbox.id == item_id, Inbox.status == "parked")) is not None


def was_received(session: Session, channel: str, chat_id: str, external_id: str, since: datetime) -> bool:
    """Whether a message whose external id begins so was received in a queue since then."""
    queue = (Inbox.channel == channel, Inbox.chat_id == chat_id)
    alike = (*queue, Inbox.external_id.startswith(external_id, autoescape=True))
    return session.scalars(select(exists().where(*alike, Inbox.received_at >= since))).one()


def release(session: Session, *, channels: Sequence[str]) -> int:
    """Gives back what an earlier run of this process was handling; returns how many messages that were.

    For the start of a process that alone handles these channels. Beside other workers, leases end by themselves.
    """
    result = session.execute(
        update(Inbox)
        .where(Inbox.status == "handling", Inbox.channel.in_(channels))
        .values(status="pending", lease_until=None)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount


def waiting(session: Session, channel: str, chat_id: str) -> list[InboxItem]:
    """The chat's messages that are not finished, oldest first, the one being handled included."""
    unfinished = select(Inbox).where(Inbox.channel == channel, Inbox.chat_id == chat_id, Inbox.status.in_(_UNFINISHED))
    return [_record(item) for item in session.scalars(unfinished.order_by(Inbox.id))]


def following(session: Session, item: InboxItem, wanted: Callable[[str], bool]) -> list[InboxItem]:
    """What waits directly behind a message of its chat, up to the first whose text is not ``wanted``.

    Whoever holds the lease on ``item`` may handle and :func:`finish` them with it: until then nobody else claims them.
    """
    behind = [other for other in waiting(session, item.channel, item.chat_id) if other.id > item.id]
    return list(takewhile(lambda other: wanted(other.text), behind))


def overdue(session: Session, channel: str, before: datetime) -> list[InboxItem]:
    """A channel's unfinished messages that were received before then, oldest first."""
    unfinished = (Inbox.channel == channel, Inbox.status.in_(_UNFINISHED))
    late = select(Inbox).where(*unfinished, Inbox.received_at < before)
    return [_record(item) for item in session.scalars(late.order_by(Inbox.id))]


def _unfinished(session: Session, item_id: int) -> Inbox:
    item = session.scalar(select(Inbox).where(Inbox.id == item_id, Inbox.status.in_(_UNFINISHED)).with_for_update())
    if item is None:
        raise UnknownId(f"There is no unfinished inbox message {item_id}.")
    return item


def _record(item: Inbox) -> InboxItem:
    return InboxItem(
        item.id,
        item.channel,
        item.external_id,
        item.chat_id,
        item.text or "",
        item.received_at,
        item.attempts,
        item.failures,
    )
