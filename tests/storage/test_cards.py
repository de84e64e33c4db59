"""Which cards no longer show how their review stands."""

from datetime import datetime

from storage import cards, outbox, reviews
from storage.database import Database, Session


def card(session: Session, review_id: int, chat: str, once: str, now: datetime) -> None:
    outbox.put(session, channel="telegram", chat_id=chat, method="sendMessage", payload={}, once=once, now=now)


def opened(session: Session, now: datetime) -> int:
    return reviews.open_review(session, question="¿Hay becas?", draft="", reason="", message_id=None, now=now)


def test_a_decided_review_s_card_is_outdated_in_its_chat_until_it_shows_that(database: Database, now: datetime) -> None:
    with database.writing() as session:
        waiting, decided, unseen = (opened(session, now) for _ in range(3))
        card(session, waiting, "-1", cards.first(waiting, "-1"), now)
        card(session, decided, "-1", cards.first(decided, "-1"), now)
        card(session, decided, "-11", cards.first(decided, "-11"), now)
        assert cards.outdated(session, "-1") == []
        for review in (decided, unseen):
            reviews.decide(session, review, status="rejected", by="Rosa", now=now)
        assert (cards.outdated(session, "-1"), cards.outdated(session, "-11")) == ([decided], [decided])
        card(session, decided, "-1", cards.last(decided, "-1"), now)
    with database.reading() as session:
        assert (cards.outdated(session, "-1"), cards.outdated(session, "-11")) == ([], [decided])
