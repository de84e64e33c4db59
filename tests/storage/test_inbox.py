"""The inbox: stored once, handled once, in order, and never two messages of a chat at the same time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from storage.database import Database
from storage.errors import UnknownId
from storage.inbox import (
    InboxItem,
    claim,
    fail,
    finish,
    following,
    is_parked,
    overdue,
    park,
    receive,
    release,
    waiting,
    was_received,
)
from storage.models import Inbox

LEASE = 60.0


def put(database: Database, now: datetime, external_id: str, chat_id: str = "ana", channel: str = "web") -> bool:
    with database.writing() as session:
        text = f"texto {external_id}"
        return receive(session, channel=channel, external_id=external_id, chat_id=chat_id, text=text, received_at=now)


def take(database: Database, now: datetime) -> InboxItem | None:
    with database.writing() as session:
        return claim(session, now=now, lease_seconds=LEASE)


def claimed(database: Database, now: datetime) -> InboxItem:
    item = take(database, now)
    assert item is not None
    return item


def test_a_message_delivered_twice_is_stored_once(database: Database, now: datetime) -> None:
    assert put(database, now, "1")
    assert not put(database, now, "1")
    assert put(database, now, "1", channel="telegram")
    with database.reading() as session:
        assert [(item.external_id, item.text) for item in waiting(session, "web", "ana")] == [("1", "texto 1")]


def test_a_message_is_claimed_with_all_that_was_received(database: Database, now: datetime) -> None:
    put(database, now, "1")
    item = claimed(database, now)
    assert item == InboxItem(item.id, "web", "1", "ana", "texto 1", now, attempts=1)


def test_a_chat_s_messages_come_one_after_the_other_and_in_order(database: Database, now: datetime) -> None:
    for external_id, chat_id in (("1", "ana"), ("2", "ana"), ("3", "luis")):
        put(database, now, external_id, chat_id)
    first = claimed(database, now)
    assert claimed(database, now).external_id == "3"
    assert take(database, now) is None
    with database.writing() as session:
        assert [item.external_id for item in waiting(session, "web", "ana")] == ["1", "2"]
        assert finish(session, first.id, now=now)
    assert claimed(database, now).external_id == "2"


def test_what_follows_a_message_ends_with_the_first_that_is_not_wanted(database: Database, now: datetime) -> None:
    for external_id, chat_id in (("1", "ana"), ("2", "ana"), ("3", "luis"), ("4", "ana"), ("5", "ana"), ("6", "ana")):
        put(database, now, external_id, chat_id)
    first = claimed(database, now)
    with database.reading() as session:
        found = following(session, first, lambda text: text != "texto 5")
    assert [item.external_id for item in found] == ["2", "4"]


def test_what_is_overdue_is_unfinished_and_of_the_channel(database: Database, now: datetime) -> None:
    put(database, now, "done")
    with database.writing() as session:
        (done,) = waiting(session, "web", "ana")
        finish(session, done.id, now=now)
    put(database, now, "old", "luis")
    put(database, now, "older", "ana")
    put(database, now, "other", channel="telegram")
    put(database, now + timedelta(seconds=5), "new")
    claimed(database, now)
    with database.reading() as session:
        found = overdue(session, "web", now + timedelta(seconds=5))
    assert [item.external_id for item in found] == ["old", "older"]


def test_the_same_chat_id_on_two_channels_is_two_chats(database: Database, now: datetime) -> None:
    put(database, now, "1")
    put(database, now, "2", channel="telegram")
    assert {claimed(database, now).channel, claimed(database, now).channel} == {"web", "telegram"}


def test_a_worker_claims_its_own_channels_only(database: Database, now: datetime) -> None:
    put(database, now, "1")
    with database.writing() as session:
        assert claim(session, now=now, lease_seconds=LEASE, channels=["telegram"]) is None
        assert claim(session, now=now, lease_seconds=LEASE, channels=["telegram", "web"]) is not None


def test_a_finished_message_loses_its_text_and_cannot_end_twice(database: Database, now: datetime) -> None:
    put(database, now, "1")
    item = claimed(database, now)
    with database.writing() as session:
        assert finish(session, item.id, now=now)
        assert not finish(session, item.id, now=now)
        assert waiting(session, "web", "ana") == []
    assert not put(database, now, "1")
    assert take(database, now + timedelta(days=1)) is None


def test_a_dead_worker_s_message_is_claimed_again_when_its_lease_ends(database: Database, now: datetime) -> None:
    put(database, now, "1")
    put(database, now, "2")
    claimed(database, now)
    assert take(database, now + timedelta(seconds=LEASE - 1)) is None
    again = claimed(database, now + timedelta(seconds=LEASE))
    assert (again.external_id, again.attempts) == ("1", 2)


def test_a_failed_message_is_tried_again_before_later_ones_of_its_chat(database: Database, now: datetime) -> None:
    put(database, now, "1")
    put(database, now, "2")
    item = claimed(database, now)
    with database.writing() as session:
        fail(session, item.id, reason="sin memoria", now=now, retry_after_seconds=5)
    assert take(database, now + timedelta(seconds=4)) is None
    assert claimed(database, now + timedelta(seconds=5)).external_id == "1"


def test_it_is_known_what_was_given_up_and_what_came_lately(database: Database, now: datetime) -> None:
    put(database, now, "7:5:q:0:1")
    put(database, now, "7:5:q:1:2")
    first = claimed(database, now)
    with database.writing() as session:
        park(session, first.id, reason="ValueError", now=now)
    with database.reading() as session:
        assert [is_parked(session, number) for number in (1, 2, 3)] == [True, False, False]
        assert was_received(session, "web", "ana", "7:5:q:0:", now)
        assert not was_received(session, "web", "ana", "7:5:q:0:", now + timedelta(seconds=1))
        assert not was_received(session, "web", "ana", "7:5:q_0:", now)
        assert not was_received(session, "telegram", "ana", "7:5:q:0:", now)


def test_a_message_that_is_parked_keeps_its_text_and_blocks_nothing(database: Database, now: datetime) -> None:
    put(database, now, "1")
    put(database, now, "2")
    item = claimed(database, now)
    with database.writing() as session:
        park(session, item.id, reason="sin memoria", now=now)
    assert claimed(database, now).external_id == "2"
    with database.reading() as session:
        row = session.scalars(select(Inbox).where(Inbox.id == item.id)).one()
        assert (row.status, row.text, row.reason) == ("parked", "texto 1", "sin memoria")
    for end in (park, fail):
        with pytest.raises(UnknownId), database.writing() as session:
            end(session, item.id, reason="otra vez", now=now)


def test_failures_and_deaths_are_counted_apart(database: Database, now: datetime) -> None:
    put(database, now, "1")
    counted = []
    for ends in ("dies", "fails", "dies", "dies", "fails", ""):
        item = claimed(database, now)
        counted.append((item.attempts, item.failures, item.deaths))
        with database.writing() as session:
            if ends == "fails":
                fail(session, item.id, reason="sin memoria", now=now, retry_after_seconds=0)
            release(session, channels=["web"])
    assert counted == [(1, 0, 0), (2, 0, 1), (3, 1, 1), (4, 1, 2), (5, 1, 3), (6, 2, 3)]


def test_a_restart_gives_back_what_its_own_channels_were_handling(database: Database, now: datetime) -> None:
    put(database, now, "1")
    put(database, now, "2", channel="telegram")
    claimed(database, now)
    claimed(database, now)
    with database.writing() as session:
        assert release(session, channels=["web"]) == 1
    assert claimed(database, now).external_id == "1"
    assert take(database, now) is None


def test_workers_at_once_handle_everything_once_and_no_chat_twice_at_a_time(database: Database) -> None:
    chats = [f"chat {number}" for number in range(5)]
    handled: list[InboxItem] = []
    busy = {chat: threading.Lock() for chat in chats}
    received = threading.Event()

    def send(chat: str) -> None:
        for number in range(12):
            put(database, datetime.now(UTC), f"{chat}/{number:02}", chat)

    def work() -> None:
        while True:
            item = take(database, datetime.now(UTC))
            if item is None:
                if received.is_set() and len(handled) == 60:
                    return
                time.sleep(0.005)
                continue
            assert busy[item.chat_id].acquire(blocking=False), "two messages of one chat at once"
            time.sleep(0.002)
            handled.append(item)
            busy[item.chat_id].release()
            with database.writing() as session:
                assert finish(session, item.id, now=datetime.now(UTC))

    with ThreadPoolExecutor(12) as pool:
        workers = [pool.submit(work) for _ in range(6)]
        for sender in [pool.submit(send, chat) for chat in chats]:
            sender.result()
        received.set()
        for worker in workers:
            worker.result(timeout=120)
    for chat in chats:
        order = [item.external_id for item in handled if item.chat_id == chat]
        assert order == [f"{chat}/{number:02}" for number in range(12)]
