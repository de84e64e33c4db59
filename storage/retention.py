"""What is forgotten: conversations that are older than they may be, or that a student wants deleted.

Reviews stay, with the redacted question, since they are the school's knowledge of what is asked; they no longer say
who asked. What staff approved stays, too. Commit, then call :meth:`storage.database.Database.shred`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, CursorResult, String, and_, cast, delete, or_, select, update
from sqlalchemy.orm import Session

from storage import staff
from storage.models import ChatState, Conversation, Handoff, Inbox, Message, Outbox, Quiz, ReviewAsk


@dataclass(frozen=True)
class Forgotten:
    """How many rows were deleted."""

    messages: int
    inbox: int
    other: int = 0
    """What was sent or waited to be, hand-offs, practice questions, and what was known of the chat."""


def forget_before(session: Session, moment: datetime) -> Forgotten:
    """Deletes all exchanges whose question is older than ``moment``, and what else began (the inbox: ended) before."""
    other = _delete_handoffs(session, Handoff.opened_at < moment)
    other += _deleted(session.execute(delete(Quiz).where(Quiz.asked_at < moment)))
    other += _deleted(session.execute(delete(Outbox).where(Outbox.created_at < moment)))
    other += _deleted(session.execute(delete(ChatState).where(ChatState.updated_at < moment)))
    staff.forget_tries_before(session, moment)
    messages = _delete_messages(session, Message.created_at < moment)
    ended = Inbox.status.in_(("done", "parked"))
    inbox = _deleted(session.execute(delete(Inbox).where(Inbox.received_at < moment, ended)))
    return Forgotten(messages, inbox, other)


def forget_chat(session: Session, channel: str, chat_id: str, now: datetime) -> Forgotten:
    """Deletes all that one chat said and was told, what waits to be answered or sent included.

    That the chat has to be left alone for a while, or cannot be reached, stays known until that is over: without it the
    channel would be asked what it has forbidden. It holds nothing of the person but the chat's id;
    :func:`forget_before` deletes it.
    """
    # A chat may have several queues in the inbox, named "<chat>#…".
    queued = or_(Inbox.chat_id == chat_id, Inbox.chat_id.startswith(f"{chat_id}#", autoescape=True))
    inbox = _deleted(session.execute(delete(Inbox).where(Inbox.channel == channel, queued)))
    theirs = select(Conversation.id).where(Conversation.channel == channel, Conversation.chat_id == chat_id)
    other = _delete_handoffs(session, Handoff.conversation_id.in_(theirs))
    other += _deleted(session.execute(delete(Quiz).where(Quiz.conversation_id.in_(theirs))))
    sent = delete(Outbox).where(Outbox.channel == channel, Outbox.chat_id == chat_id)
    over = and_(ChatState.unreachable.is_(None), or_(ChatState.flood_until.is_(None), ChatState.flood_until <= now))
    state = delete(ChatState).where(ChatState.channel == channel, ChatState.chat_id == chat_id, over)
    other += _deleted(session.execute(sent)) + _deleted(session.execute(state))
    staff.forget_tries(session, chat_id)  # a private chat has its account's id
    return Forgotten(_delete_messages(session, Message.conversation_id.in_(theirs)), inbox, other)


def _delete_handoffs(session: Session, condition: ColumnElement[bool]) -> int:
    """Deletes hand-offs with what waits to be sent about them: the student's words, on their way to the staff's chat.

    What was sent holds no words any more, and stays: who replies to it is told that there is no such hand-off.
    """
    about = Outbox.about.in_(select("handoff:" + cast(Handoff.id, String)).where(condition))
    told = _deleted(session.execute(delete(Outbox).where(about, Outbox.status.in_(("pending", "sending")))))
    return told + _deleted(session.execute(delete(Handoff).where(condition)))


def _delete_messages(session: Session, condition: ColumnElement[bool]) -> int:
    """Deletes messages with the replies to them, and conversations in which nothing is left."""
    old = select(Message.id).where(condition)
    gone = select(Message.id).where(or_(condition, Message.reply_to_id.in_(old)))
    session.execute(update(ReviewAsk).where(ReviewAsk.message_id.in_(gone)).values(message_id=None))
    replies = _deleted(session.execute(delete(Message).where(Message.reply_to_id.in_(old))))
    others = _deleted(session.execute(delete(Message).where(condition)))
    left = (select(table.conversation_id) for table in (Message, Handoff, Quiz))
    session.execute(delete(Conversation).where(*(Conversation.id.not_in(ids) for ids in left)))
    return replies + others


def _deleted(result: object) -> int:
    assert isinstance(result, CursorResult)
    return result.rowcount
