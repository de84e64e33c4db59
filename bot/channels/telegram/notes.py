"""What becomes of an attempt to send, as changes of the outbox and of the chat's state. Bind all but the session."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from storage import chat_states, moving, outbox
from storage.database import Session
from storage.outbox import OutboxItem

CHANNEL = "telegram"
Note = Callable[[Session], None]
"""A change that is still to be committed."""


def sent(item: OutboxItem, message_id: str | None, session: Session) -> None:
    """Telegram has it; under that id, or under that of the message that was edited."""
    edited = item.payload.get("message_id")
    outbox.sent(session, item.id, message_id=message_id or (str(edited) if edited else None), now=now())


def failed(item: OutboxItem, reason: str, session: Session) -> None:
    """It can never be sent."""
    outbox.failed(session, item.id, reason=reason, now=now())


def again(item: OutboxItem, seconds: float, reason: str, session: Session) -> None:
    """It is sent again later."""
    outbox.retry(session, item.id, not_before=now() + timedelta(seconds=seconds), reason=reason)


def flood(item: OutboxItem, seconds: float, session: Session) -> None:
    """Nothing goes to its chat for so many seconds."""
    until = now() + timedelta(seconds=seconds)
    chat_states.flood(session, CHANNEL, item.chat_id, until, now())
    outbox.retry(session, item.id, not_before=until, reason="flood")


def unreachable(item: OutboxItem, reason: str, session: Session) -> None:
    """It waits, with what is behind it, for the chat's return."""
    outbox.retry(session, item.id, not_before=now(), reason=reason)
    chat_states.mark_unreachable(session, CHANNEL, item.chat_id, reason, now())


def moved(item: OutboxItem, chat_id: str, session: Session) -> None:
    """It goes to the chat's new id, with what waits behind it."""
    outbox.retry(session, item.id, not_before=now(), reason="moved")
    moving.move_chat(session, CHANNEL, item.chat_id, chat_id, now())


def lighter(item: OutboxItem, payload: dict[str, Any], reason: str, session: Session) -> None:
    """It is sent again at once, with less in it."""
    outbox.replace_payload(session, item.id, payload)
    outbox.retry(session, item.id, not_before=now(), reason=reason)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
