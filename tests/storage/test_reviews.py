"""Questions that wait for staff."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from storage.conversations import log_question, open_conversation
from storage.database import Database
from storage.errors import UnknownId
from storage.reviews import (
    Asker,
    ReviewRecord,
    askers,
    decide,
    get_review,
    join_review,
    merge,
    open_review,
    open_reviews,
)


def ask(database: Database, now: datetime, question: str) -> int:
    with database.writing() as session:
        return open_review(session, question=question, draft="Borrador.", reason="sin par", message_id=None, now=now)


def test_a_review_holds_each_way_it_was_asked_once_and_counts_all(database: Database, now: datetime) -> None:
    review_id = ask(database, now, "¿Hay becas?")
    with database.writing() as session:
        for wording in ("dan becas?", "¿Hay becas?"):
            join_review(session, review_id, wording=wording, message_id=None, now=now + timedelta(hours=1))
        assert get_review(session, review_id) == ReviewRecord(
            id=review_id,
            question="¿Hay becas?",
            wordings=("¿Hay becas?", "dan becas?"),
            asked=3,
            draft="Borrador.",
            reason="sin par",
            status="open",
            opened_at=now,
            decided_by=None,
            decided_at=None,
            pair_id=None,
            merged_into=None,
        )


def test_the_most_wanted_open_review_comes_first_then_the_oldest(database: Database, now: datetime) -> None:
    first, second, third, closed = (ask(database, now, question) for question in ("a", "b", "c", "d"))
    with database.writing() as session:
        join_review(session, third, wording="c?", message_id=None, now=now)
        decide(session, closed, status="rejected", by="rosa", now=now)
    with database.reading() as session:
        assert [review.id for review in open_reviews(session)] == [third, first, second]


def test_of_many_who_decide_at_once_one_is_first(database: Database, now: datetime) -> None:
    review_id = ask(database, now, "¿Hay becas?")

    def reject(by: str) -> bool:
        with database.writing() as session:
            return decide(session, review_id, status="rejected", by=by, now=now)

    names = [f"staff {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        won = [name for name, first in zip(names, pool.map(reject, names), strict=True) if first]
    with database.reading() as session:
        review = get_review(session, review_id)
    assert won == [review.decided_by]
    assert (review.status, review.decided_at) == ("rejected", now)


def test_a_decided_review_takes_no_more_asks(database: Database, now: datetime) -> None:
    review_id = ask(database, now, "¿Hay becas?")
    with database.writing() as session:
        decide(session, review_id, status="rejected", by="rosa", now=now)
    with pytest.raises(UnknownId, match=f"no open review {review_id}"), database.writing() as session:
        join_review(session, review_id, wording="becas", message_id=None, now=now)
    with pytest.raises(UnknownId, match="no review 99"), database.reading() as session:
        get_review(session, 99)


def test_each_conversation_that_asked_is_named_once_with_its_latest_wording(database: Database, now: datetime) -> None:
    review_id = ask(database, now, "¿Hay becas?")  # by nobody who is known
    with database.writing() as session:
        said = {}
        for chat, wording in (("ana", "becas?"), ("luis", "dan becas"), ("ana", "y las becas?")):
            conversation = open_conversation(session, "telegram", chat, now=now)
            said[wording] = log_question(session, conversation, wording, now=now)
            join_review(session, review_id, wording=wording, message_id=said[wording], now=now)
        first, second = askers(session, review_id)
    assert (first.chat_id, first.wording, first.question_id) == ("ana", "y las becas?", said["y las becas?"])
    assert second == Asker(second.conversation_id, "telegram", "luis", said["dan becas"], "dan becas")


def test_a_merged_review_gives_its_asks_away_and_says_to_which(database: Database, now: datetime) -> None:
    kept, merged = ask(database, now, "¿Hay becas?"), ask(database, now, "¿Dan ayudas?")
    with database.writing() as session:
        assert merge(session, merged, kept, by="rosa", now=now)
    with database.reading() as session:
        (review,) = open_reviews(session)
        assert (review.id, review.wordings, review.asked) == (kept, ("¿Hay becas?", "¿Dan ayudas?"), 2)
        closed = get_review(session, merged)
    assert (closed.status, closed.merged_into, closed.decided_by, closed.asked) == ("merged", kept, "rosa", 0)


def test_only_two_open_reviews_are_merged(database: Database, now: datetime) -> None:
    one, other, closed = (ask(database, now, question) for question in ("a", "b", "c"))
    with database.writing() as session:
        decide(session, closed, status="rejected", by="rosa", now=now)
        assert not any(merge(session, *ids, by="rosa", now=now) for ids in ((one, one), (one, closed), (closed, one)))
        assert [review.id for review in open_reviews(session)] == [one, other]


def test_who_locks_a_review_makes_the_next_one_wait_and_see_the_decision(database: Database, now: datetime) -> None:
    review_id = ask(database, now, "¿Hay becas?")

    def status_seen() -> str:
        with database.writing() as session:
            return get_review(session, review_id, lock=True).status

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            get_review(session, review_id, lock=True)
            seen = pool.submit(status_seen)
            with pytest.raises(TimeoutError):
                seen.result(timeout=0.3)
            decide(session, review_id, status="rejected", by="rosa", now=now)
        assert seen.result() == "rejected"
