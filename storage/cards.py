"""Cards of reviews in the staff's chats, as the outbox tells: the keys of their first and their last message.

A card is put with :func:`first`, which makes it one per review and chat; the edit that shows how the review was decided
with :func:`last`. Between them it may change as often as its review does.
"""

from sqlalchemy import String, cast, exists, select
from sqlalchemy.orm import Session, aliased

from storage.models import Outbox, Review


def first(review_id: int, chat_id: str) -> str:
    """The key that a review's card is put with in a chat."""
    return f"card:{review_id}:{chat_id}"


def last(review_id: int, chat_id: str) -> str:
    """The key of what shows there how it was decided."""
    return f"decided:{review_id}:{chat_id}"


def outdated(session: Session, chat_id: str) -> list[int]:
    """The decided reviews whose card in the chat does not show it yet, oldest first."""
    card, verdict, number = aliased(Outbox), aliased(Outbox), cast(Review.id, String)
    shown = exists().where(card.once == "card:" + number + f":{chat_id}")
    done = exists().where(verdict.once == "decided:" + number + f":{chat_id}")
    return list(session.scalars(select(Review.id).where(Review.status != "open", shown, ~done).order_by(Review.id)))
