"""What sending has learned of a chat: that nothing reaches it, or that it has to be left in peace for a while."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage import outbox
from storage.models import ChatState
from storage.statements import insert_if_absent


def mark_unreachable(session: Session, channel: str, chat_id: str, reason: str, now: datetime) -> None:
    """Notes why nothing reaches a chat, as ``blocked``; what waits for it fails with that reason."""
    _note(session, channel, chat_id, now, unreachable=reason)
    outbox.fail_pending(session, channel, chat_id, reason, now)


def mark_reachable(session: Session, channel: str, chat_id: str, now: datetime) -> None:
    """Notes that a chat can be reached again: somebody wrote there. What was put since it could not is sent now."""
    lost = (ChatState.channel == channel, ChatState.chat_id == chat_id, ChatState.unreachable.is_not(None))
    session.execute(update(ChatState).where(*lost).values(unreachable=None, updated_at=now))


def is_unreachable(session: Session, channel: str, chat_id: str) -> str | None:
    """Why nothing reaches a chat, or None where something does, as far as is known."""
    found = select(ChatState.unreachable).where(ChatState.channel == channel, ChatState.chat_id == chat_id)
    return session.scalar(found)


def flood(session: Session, channel: str, chat_id: str, until: datetime, now: datetime) -> None:
    """Notes that the channel wants nothing sent to a chat before ``until``."""
    _note(session, channel, chat_id, now, flood_until=until)


def _note(session: Session, channel: str, chat_id: str, now: datetime, **values: object) -> None:
    row = {"channel": channel, "chat_id": chat_id, "updated_at": now, **values}
    if not insert_if_absent(session, ChatState, row):
        mine = (ChatState.channel == channel, ChatState.chat_id == chat_id)
        session.execute(update(ChatState).where(*mine).values(updated_at=now, **values))
