"""What happened since a moment, and what waits now, in numbers for staff."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from storage.conversations import CALL_BACK
from storage.models import ChatState, Handoff, Inbox, Message, Outbox, Review


@dataclass(frozen=True)
class Figures:
    """Counts of rows."""

    questions: int
    """Messages that students wrote since the moment."""
    answered: int
    """Approved information given to them when they asked."""
    called_back: int
    """Approved information given to them later, once staff had approved it."""
    unknown: int
    """Answers that said so."""
    good: int
    """👍 on what was said since."""
    bad: int
    """👎 on it."""
    reviews: int
    """Open now."""
    handoffs: int
    """Open now."""
    inbox: int
    """Messages not handled yet."""
    outbox: int
    """Messages not sent yet."""
    held: int
    """Messages that wait for the return of a chat that cannot be reached."""
    parked: int
    """Messages given up since, after failures or the ends of their process."""


def figures_since(session: Session, moment: datetime) -> Figures:
    """The figures from ``moment`` to now."""

    def said(*conditions: ColumnElement[bool]) -> int:
        return _count(session, Message.created_at >= moment, *conditions)

    unsent = Outbox.status.in_(("pending", "sending"))
    held = exists().where(
        ChatState.channel == Outbox.channel, ChatState.chat_id == Outbox.chat_id, ChatState.unreachable.is_not(None)
    )
    return Figures(
        questions=said(Message.role == "student"),
        answered=said(Message.kind == "answer", Message.reason != CALL_BACK),
        called_back=said(Message.kind == "answer", Message.reason == CALL_BACK),
        unknown=said(Message.kind == "unknown"),
        good=said(Message.feedback == 1),
        bad=said(Message.feedback == -1),
        reviews=_count(session, Review.status == "open"),
        handoffs=_count(session, Handoff.status == "open"),
        inbox=_count(session, Inbox.status.in_(("pending", "handling"))),
        outbox=_count(session, unsent, ~held),
        held=_count(session, unsent, held),
        parked=_count(session, Inbox.status == "parked", Inbox.received_at >= moment),
    )


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalars(select(func.count()).where(*conditions)).one()
