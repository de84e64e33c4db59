"""The durable outbox: what is to be sent is stored first, sent in its chat's order, and its result noted.

One sender for each channel takes items with :func:`next_due` and ends each with :func:`sent`, :func:`failed` or
:func:`retry`, one short transaction a call. What it was sending when it was killed waits again after
:func:`interrupted`; that alone may be sent twice.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, and_, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from storage.models import ChatState, Outbox
from storage.statements import insert_if_absent

_UNFINISHED = ("pending", "sending")
_CARD = "review:"
"""How ``about`` begins of what keeps its payload: a review's card is edited later."""


@dataclass(frozen=True)
class OutboxItem:
    """Something that is to be sent, or was."""

    id: int
    channel: str
    chat_id: str
    method: str
    """The channel's method, as ``sendMessage``."""
    payload: Mapping[str, Any]
    """The method's parameters without the chat; empty once it has ended, but for a review's card."""
    about: str
    """What it belongs to, as ``answer:45``; may be empty."""
    status: str
    """pending, sending, sent or failed."""
    attempts: int
    """How often it was taken to be sent, this time included."""
    message_id: str | None
    """The channel's id of what was sent."""
    reason: str | None
    """Why it failed, or has to be tried again."""


def put(
    session: Session,
    *,
    channel: str,
    chat_id: str,
    method: str,
    payload: Mapping[str, Any],
    now: datetime,
    about: str = "",
    once: str | None = None,
) -> int | None:
    """Stores what is to be sent and returns its id; None when there is something with the key ``once`` already.

    For a chat that is unreachable it waits until :func:`storage.chat_states.mark_reachable`.
    """
    values: dict[str, object] = {"channel": channel, "chat_id": chat_id, "method": method, "payload": dict(payload)}
    values |= {"about": about, "once": once, "created_at": now}
    if once is None:
        return session.scalars(insert(Outbox).values(values).returning(Outbox.id)).one()
    if not insert_if_absent(session, Outbox, values):
        return None
    return session.scalars(select(Outbox.id).where(Outbox.once == once)).one()


def next_due(session: Session, *, channel: str, now: datetime, exclude_chats: Collection[str]) -> OutboxItem | None:
    """The oldest item that may be sent now, marked as being sent; None when there is none.

    That is the first unfinished one of its chat, in a chat that is reachable, waits for nothing and is not excluded.
    """
    other = aliased(Outbox)
    chat_is_busy = exists().where(
        other.channel == Outbox.channel,
        other.chat_id == Outbox.chat_id,
        or_(other.status == "sending", and_(other.status == "pending", other.id < Outbox.id)),
    )
    chat_waits = exists().where(
        ChatState.channel == Outbox.channel,
        ChatState.chat_id == Outbox.chat_id,
        or_(ChatState.unreachable.is_not(None), ChatState.flood_until > now),
    )
    due = select(Outbox).where(
        Outbox.channel == channel,
        Outbox.status == "pending",
        or_(Outbox.not_before.is_(None), Outbox.not_before <= now),
        Outbox.chat_id.not_in(list(exclude_chats)),
        ~chat_is_busy,
        ~chat_waits,
    )
    item = session.scalar(due.order_by(Outbox.id).limit(1).with_for_update(skip_locked=True, of=Outbox))
    if item is None:
        return None
    item.status, item.attempts = "sending", item.attempts + 1
    session.flush()
    return _record(item)


def sent(session: Session, item_id: int, *, message_id: str | None, now: datetime) -> None:
    """Ends an item that was sent and erases its payload. One that was deleted meanwhile, with its chat, is no error."""
    if item := _unfinished(session, item_id):
        item.status, item.message_id, item.sent_at, item.reason = "sent", message_id, now, None
        item.payload = item.payload if item.about.startswith(_CARD) else {}
        session.flush()


def failed(session: Session, item_id: int, *, reason: str, now: datetime) -> None:
    """Ends an item that can never be sent, and erases its payload."""
    if item := _unfinished(session, item_id):
        item.status, item.reason, item.sent_at = "failed", reason, now
        item.payload = item.payload if item.about.startswith(_CARD) else {}
        session.flush()


def retry(session: Session, item_id: int, *, not_before: datetime, reason: str) -> None:
    """Lets an item wait again; what comes after it in its chat waits, too."""
    if item := _unfinished(session, item_id):
        item.status, item.not_before, item.reason = "pending", not_before, reason
        session.flush()


def replace_payload(session: Session, item_id: int, payload: Mapping[str, Any]) -> None:
    """Gives an unfinished item other parameters, as plain text where the formatted one was refused."""
    if item := _unfinished(session, item_id):
        item.payload = dict(payload)
        session.flush()


def replace_pending(session: Session, item_id: int, payload: Mapping[str, Any]) -> bool:
    """Gives an item other parameters that nobody has begun to send; False: it is too late."""
    found = select(Outbox).where(Outbox.id == item_id, Outbox.status == "pending")
    item = session.scalar(found.with_for_update())
    if item:
        item.payload = dict(payload)
        session.flush()
    return item is not None


def interrupted(session: Session, *, channel: str) -> int:
    """Lets what an earlier run was sending wait again; returns how many items that were: each may be sent twice."""
    was_sending = (Outbox.channel == channel, Outbox.status == "sending")
    result = session.execute(update(Outbox).where(*was_sending).values(status="pending", reason="interrupted"))
    assert isinstance(result, CursorResult)
    return result.rowcount


def fail_pending(session: Session, channel: str, chat_id: str, reason: str, *, before: datetime, now: datetime) -> int:
    """Ends what waits for a chat since before that moment, as :func:`failed` does; returns how many items that were."""
    waits = (Outbox.channel == channel, Outbox.chat_id == chat_id, Outbox.status == "pending")
    ids = session.scalars(select(Outbox.id).where(*waits, Outbox.created_at < before)).all()
    for item_id in ids:
        failed(session, item_id, reason=reason, now=now)
    return len(ids)


def find_sent(session: Session, *, channel: str, chat_id: str, message_id: str) -> OutboxItem | None:
    """The item that a message of a chat came from, so that a reply or a press is known by its ``about``.

    Where the message was edited since, that is the latest item which says what it is about.
    """
    item = session.scalar(
        select(Outbox)
        .where(Outbox.channel == channel, Outbox.chat_id == chat_id, Outbox.message_id == message_id)
        .order_by(Outbox.about == "", Outbox.id.desc())
        .limit(1)
    )
    return _record(item) if item else None


def is_sending(session: Session, channel: str, chat_id: str) -> bool:
    """Whether something is on its way to a chat, so that its message id is not known yet."""
    on_its_way = (Outbox.channel == channel, Outbox.chat_id == chat_id, Outbox.status == "sending")
    return session.scalars(select(exists().where(*on_its_way))).one()


def is_busy(session: Session, channel: str, chat_id: str) -> bool:
    """Whether something waits for a chat or is on its way to it."""
    unfinished = (Outbox.channel == channel, Outbox.chat_id == chat_id, Outbox.status.in_(_UNFINISHED))
    return session.scalars(select(exists().where(*unfinished))).one()


def message_of(session: Session, *, channel: str, about: str) -> list[OutboxItem]:
    """What was sent about something, newest first."""
    found = select(Outbox).where(Outbox.channel == channel, Outbox.about == about, Outbox.status == "sent")
    return [_record(item) for item in session.scalars(found.order_by(Outbox.id.desc()))]


def history(session: Session, *, channel: str, chat_id: str, abouts: Collection[str]) -> list[OutboxItem]:
    """All that a chat was or is to be sent about these, whatever became of it, newest first."""
    mine = (Outbox.channel == channel, Outbox.chat_id == chat_id, Outbox.about.in_(list(abouts)))
    return [_record(item) for item in session.scalars(select(Outbox).where(*mine).order_by(Outbox.id.desc()))]


def known(session: Session, onces: Collection[str]) -> set[str]:
    """Those keys that something was put with."""
    return {once for once in session.scalars(select(Outbox.once).where(Outbox.once.in_(list(onces)))) if once}


def waiting(session: Session, channel: str) -> int:
    """How many items wait or are being sent, those for unreachable chats aside."""
    unreachable = exists().where(
        ChatState.channel == Outbox.channel, ChatState.chat_id == Outbox.chat_id, ChatState.unreachable.is_not(None)
    )
    unfinished = (Outbox.channel == channel, Outbox.status.in_(_UNFINISHED))
    return session.scalars(select(func.count()).select_from(Outbox).where(*unfinished, ~unreachable)).one()


def _unfinished(session: Session, item_id: int) -> Outbox | None:
    found = select(Outbox).where(Outbox.id == item_id, Outbox.status.in_(_UNFINISHED))
    return session.scalar(found.with_for_update())


def _record(item: Outbox) -> OutboxItem:
    return OutboxItem(
        id=item.id,
        channel=item.channel,
        chat_id=item.chat_id,
        method=item.method,
        payload=item.payload,
        about=item.about,
        status=item.status,
        attempts=item.attempts,
        message_id=item.message_id,
        reason=item.reason,
    )
