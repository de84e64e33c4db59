"""What is forgotten: conversations that are older than they may be, or that a student wants deleted.

Reviews stay, with the redacted question, since they are the school's knowledge of what is asked; they no longer say
who asked. What staff approved stays, too. Commit, then call :meth:`storage.database.Database.shred`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from storage.models import Conversation, Inbox, Message, ReviewAsk


@dataclass(frozen=True)
class Forgotten:
    """How many rows were deleted."""

    messages: int
    inbox: int


def forget_before(session: Session, moment: datetime) -> Forgotten:
    """Deletes all exchanges whose question is older than ``moment``, and what arrived and ended before it."""
    messages = _delete_messages(session, Message.created_at < moment)
    ended = Inbox.status.in_(("done", "parked"))
    return Forgotten(messages, _deleted(session.execute(delete(Inbox).where(Inbox.received_at < moment, ended))))


def forget_chat(session: Session, channel: str, chat_id: str) -> Forgotten:
    """Deletes all that one chat said and was told, what waits to be answered included."""
    inbox = _deleted(session.execute(delete(Inbox).where(Inbox.channel == channel, Inbox.chat_id == chat_id)))
    theirs = select(Conversation.id).where(Conversation.channel == channel, Conversation.chat_id == chat_id)
    return Forgotten(_delete_messages(session, Message.conversation_id.in_(theirs)), inbox)


def _delete_messages(session: Session, condition: ColumnElement[bool]) -> int:
    """Deletes messages with the replies to them, and conversations in which nothing is left."""
    old = select(Message.id).where(condition)
    gone = select(Message.id).where(or_(condition, Message.reply_to_id.in_(old)))
    session.execute(update(ReviewAsk).where(ReviewAsk.message_id.in_(gone)).values(message_id=None))
    replies = _deleted(session.execute(delete(Message).where(Message.reply_to_id.in_(old))))
    others = _deleted(session.execute(delete(Message).where(condition)))
    session.execute(delete(Conversation).where(Conversation.id.not_in(select(Message.conversation_id))))
    return replies + others


def _deleted(result: object) -> int:
    assert isinstance(result, CursorResult)
    return result.rowcount
