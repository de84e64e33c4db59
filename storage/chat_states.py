"""What sending has learned of a chat: that nothing reaches it, or that it has to be left in peace for a while."""

from datetime import datetime, timedelta

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from storage import outbox
from storage.models import ChatState, Outbox
from storage.statements import insert_if_absent

WAITS = timedelta(days=7)
"""So long something waits for the return of a chat that cannot be reached."""


def mark_unreachable(session: Session, channel: str, chat_id: str, reason: str, now: datetime) -> None:
    """Notes why nothing reaches a chat, as ``blocked``; what is put for it waits for the chat's return."""
    _note(session, channel, chat_id, now, unreachable=reason)


def mark_reachable(session: Session, channel: str, chat_id: str, now: datetime) -> None:
    """Notes that a chat can be reached again: somebody wrote there. What waits for it is sent, unless it is too old."""
    reason = is_unreachable(session, channel, chat_id)
    if reason is None:
        return
    outbox.fail_pending(session, channel, chat_id, reason, before=now - WAITS, now=now)
    lost = (ChatState.channel == channel, ChatState.chat_id == chat_id, ChatState.unreachable.is_not(None))
    session.execute(update(ChatState).where(*lost).values(unreachable=None, updated_at=now))


def give_up_old(session: Session, now: datetime) -> int:
    """Ends what has waited for longer than :data:`WAITS`, in all chats; returns how many items that were."""
    of_chat = and_(Outbox.channel == ChatState.channel, Outbox.chat_id == ChatState.chat_id)
    old = (Outbox.status == "pending", Outbox.created_at < now - WAITS, ChatState.unreachable.is_not(None))
    chats = select(ChatState.channel, ChatState.chat_id, ChatState.unreachable).join(Outbox, of_chat).where(*old)
    return sum(
        outbox.fail_pending(session, channel, chat_id, str(reason), before=now - WAITS, now=now)
        for channel, chat_id, reason in session.execute(chats.distinct()).all()
    )


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
