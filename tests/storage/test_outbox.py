"""What is to be sent: in its chat's order, once, to who can be reached, and erased afterwards."""

from datetime import datetime, timedelta

import pytest

from storage import chat_states, outbox
from storage.database import Database, Session
from storage.outbox import OutboxItem

CHANNEL = "telegram"


def put(session: Session, now: datetime, chat: str = "ana", text: str = "Hola", **more: str) -> int | None:
    return outbox.put(
        session, channel=CHANNEL, chat_id=chat, method="sendMessage", payload={"text": text}, now=now, **more
    )


def take(session: Session, now: datetime, *excluded: str) -> OutboxItem | None:
    return outbox.next_due(session, channel=CHANNEL, now=now, exclude_chats=set(excluded))


def taken(database: Database, now: datetime, *excluded: str) -> str | None:
    """The text of the next item, in a transaction of its own."""
    with database.writing() as session:
        item = take(session, now, *excluded)
        return str(item.payload["text"]) if item else None


def test_a_chat_s_items_are_sent_one_by_one_in_order_and_other_chats_meanwhile(
    database: Database, now: datetime
) -> None:
    with database.writing() as session:
        first = put(session, now, text="1")
        put(session, now, text="2")
        put(session, now, "luis", "3")
        outbox.put(session, channel="whatsapp", chat_id="eva", method="sendMessage", payload={}, now=now)
    assert [taken(database, now) for _ in range(3)] == ["1", "3", None]
    with database.writing() as session:
        assert first
        outbox.sent(session, first, message_id="77", now=now)
    assert taken(database, now) == "2"


def test_an_item_is_what_was_put_and_counts_its_attempts(database: Database, now: datetime) -> None:
    with database.writing() as session:
        item_id = put(session, now, about="answer:45")
        item = take(session, now)
    assert item_id
    wanted = OutboxItem(item_id, CHANNEL, "ana", "sendMessage", {"text": "Hola"}, "answer:45", "sending", 1, None, None)
    assert item == wanted
    with database.writing() as session:
        outbox.retry(session, item_id, not_before=now, reason="TimedOut")
        again = take(session, now)
    assert again
    assert (again.attempts, again.reason) == (2, "TimedOut")


def test_what_has_to_wait_holds_back_its_chat_until_its_moment(database: Database, now: datetime) -> None:
    later = now + timedelta(seconds=30)
    with database.writing() as session:
        first = put(session, now, text="1")
        put(session, now, text="2")
        take(session, now)
        assert first
        outbox.retry(session, first, not_before=later, reason="flood")
    assert taken(database, later - timedelta(microseconds=1)) is None
    assert taken(database, later) == "1"


def test_an_excluded_chat_is_passed_over(database: Database, now: datetime) -> None:
    with database.writing() as session:
        put(session, now, "ana", "1")
        put(session, now, "luis", "2")
    assert taken(database, now, "ana", "eva") == "2"


def test_a_key_is_put_once_whatever_became_of_it(database: Database, now: datetime) -> None:
    with database.writing() as session:
        item_id = put(session, now, once="callback:12:7")
        assert item_id
        assert put(session, now, text="otra vez", once="callback:12:7") is None
        outbox.sent(session, item_id, message_id="1", now=now)
        assert put(session, now, once="callback:12:7") is None
        assert put(session, now, once="callback:12:8") is not None
        assert None not in (put(session, now), put(session, now))


def test_a_text_is_erased_once_it_is_sent_or_given_up_and_a_review_s_card_keeps_it(
    database: Database, now: datetime
) -> None:
    with database.writing() as session:
        for about in ("answer:1", "review:1", "answer:2", "review:2"):
            put(session, now, about, about=about)
        for message_id in ("5", "6"):
            item = take(session, now)
            assert item
            outbox.sent(session, item.id, message_id=message_id, now=now)
        for _ in range(2):
            item = take(session, now)
            assert item
            outbox.failed(session, item.id, reason="chat not found", now=now)
    with database.reading() as session:
        (answer,) = outbox.message_of(session, channel=CHANNEL, about="answer:1")
        (card,) = outbox.message_of(session, channel=CHANNEL, about="review:1")
        assert (answer.payload, card.payload) == ({}, {"text": "Hola"})
        assert outbox.message_of(session, channel=CHANNEL, about="answer:2") == []
        assert outbox.waiting(session, CHANNEL) == 0


def test_a_message_is_known_by_its_chat_and_id_and_tells_what_it_is_about(database: Database, now: datetime) -> None:
    with database.writing() as session:
        for chat, about in (("ana", "answer:45"), ("luis", "answer:46"), ("ana", ""), ("ana", "answer:47")):
            put(session, now, chat, about=about)
            item = take(session, now)
            assert item
            outbox.sent(session, item.id, message_id="8" if about == "answer:47" else "7", now=now)
    with database.reading() as session:
        found = outbox.find_sent(session, channel=CHANNEL, chat_id="ana", message_id="7")
        assert found
        assert (found.about, found.message_id) == ("answer:45", "7")
        assert outbox.find_sent(session, channel=CHANNEL, chat_id="ana", message_id="9") is None


def test_what_was_sent_about_something_comes_newest_first(database: Database, now: datetime) -> None:
    with database.writing() as session:
        for chat in ("ana", "luis"):
            put(session, now, chat, about="review:12")
            item = take(session, now)
            assert item
            outbox.sent(session, item.id, message_id=chat, now=now)
        put(session, now, about="review:12")
        cards = outbox.message_of(session, channel=CHANNEL, about="review:12")
    assert [card.message_id for card in cards] == ["luis", "ana"]


def test_after_a_crash_what_was_being_sent_waits_again(database: Database, now: datetime) -> None:
    with database.writing() as session:
        put(session, now, text="1")
        put(session, now, "luis", "2")
        take(session, now)
    with database.writing() as session:
        assert outbox.interrupted(session, channel="whatsapp") == 0
        assert outbox.interrupted(session, channel=CHANNEL) == 1
        item = take(session, now)
    assert item
    assert (item.payload, item.attempts, item.reason) == ({"text": "1"}, 2, "interrupted")


def test_a_payload_is_replaced_before_the_next_try_and_not_after_the_end(database: Database, now: datetime) -> None:
    with database.writing() as session:
        item_id = put(session, now)
        assert item_id
        take(session, now)
        outbox.replace_payload(session, item_id, {"text": "llano"})
        outbox.retry(session, item_id, not_before=now, reason="can't parse entities")
        item = take(session, now)
        assert item
        assert item.payload == {"text": "llano"}
        outbox.sent(session, item_id, message_id="1", now=now)
        outbox.replace_payload(session, item_id, {"text": "tarde"})
        outbox.retry(session, item_id, not_before=now, reason="tarde")
        outbox.failed(session, item_id, reason="tarde", now=now)
        found = outbox.find_sent(session, channel=CHANNEL, chat_id="ana", message_id="1")
    assert found
    assert (found.status, found.payload, found.reason) == ("sent", {}, None)


def test_an_item_that_was_deleted_while_it_was_sent_is_no_error(database: Database, now: datetime) -> None:
    with database.writing() as session:
        outbox.sent(session, 99, message_id="1", now=now)
        outbox.failed(session, 99, reason="", now=now)
        outbox.retry(session, 99, not_before=now, reason="")


def test_a_text_that_no_database_holds_blocks_nothing(database: Database, now: datetime) -> None:
    with database.writing() as session:
        payload = {"text": "a\0b \ud83d", "reply_markup": {"keyboard": [["\udc00", 1, None, True]]}}
        outbox.put(session, channel=CHANNEL, chat_id="1", method="sendMessage", payload=payload, now=now)
    with database.writing() as session:
        item = take(session, now)
    assert item
    assert item.payload == {"text": "a\ufffdb \ufffd", "reply_markup": {"keyboard": [["\ufffd", 1, None, True]]}}


def test_an_unreachable_chat_gets_nothing_until_it_writes_again(database: Database, now: datetime) -> None:
    with database.writing() as session:
        before = put(session, now, text="antes", about="review:1")
        put(session, now, "luis", "para otro")
        chat_states.mark_unreachable(session, CHANNEL, "ana", "blocked", now)
        put(session, now, text="después")
        assert chat_states.is_unreachable(session, CHANNEL, "ana") == "blocked"
        assert chat_states.is_unreachable(session, CHANNEL, "luis") is None
        assert outbox.waiting(session, CHANNEL) == 1
    assert before
    assert [taken(database, now) for _ in range(2)] == ["para otro", None]
    with database.writing() as session:
        chat_states.mark_reachable(session, CHANNEL, "ana", now)
        assert chat_states.is_unreachable(session, CHANNEL, "ana") is None
        assert outbox.waiting(session, CHANNEL) == 3
    assert taken(database, now) == "antes"
    with database.writing() as session:
        outbox.sent(session, before, message_id="1", now=now)
    assert taken(database, now) == "después"


@pytest.mark.parametrize("returns", [True, False])
def test_what_has_waited_for_a_chat_too_long_is_given_up_with_the_reason(
    database: Database, now: datetime, returns: bool
) -> None:
    late = now + chat_states.WAITS + timedelta(hours=1)
    with database.writing() as session:
        put(session, now, text="vieja", about="answer:1")
        put(session, now + timedelta(hours=2), text="nueva")
        put(session, now, "luis", text="de otro")
        chat_states.mark_unreachable(session, CHANNEL, "ana", "blocked", now)
        if returns:
            chat_states.mark_reachable(session, CHANNEL, "ana", late)
            assert chat_states.give_up_old(session, late) == 0
        else:
            assert chat_states.give_up_old(session, late) == 1
        (old,) = outbox.history(session, channel=CHANNEL, chat_id="ana", abouts=["answer:1"])
    assert (old.status, old.reason, old.payload) == ("failed", "blocked", {})
    assert {taken(database, late), taken(database, late)} == ({"nueva", "de otro"} if returns else {"de otro", None})


def test_a_flood_wait_holds_one_chat_and_ends(database: Database, now: datetime) -> None:
    until = now + timedelta(seconds=240)
    with database.writing() as session:
        put(session, now, text="1")
        put(session, now, "luis", "2")
        chat_states.flood(session, CHANNEL, "ana", now + timedelta(seconds=3), now)
        chat_states.flood(session, CHANNEL, "ana", until, now)
    assert [taken(database, until - timedelta(seconds=1)) for _ in range(2)] == ["2", None]
    assert taken(database, until) == "1"


def test_a_chat_can_be_lost_after_a_flood_wait(database: Database, now: datetime) -> None:
    with database.writing() as session:
        chat_states.flood(session, CHANNEL, "ana", now, now)
        chat_states.mark_unreachable(session, CHANNEL, "ana", "deactivated", now)
        chat_states.mark_reachable(session, CHANNEL, "luis", now)
        assert chat_states.is_unreachable(session, CHANNEL, "ana") == "deactivated"


def test_the_history_of_a_subject_is_all_that_its_chat_was_to_be_sent(database: Database, now: datetime) -> None:
    with database.writing() as session:
        first = put(session, now, about="review:1")
        put(session, now, "luis", about="review:1")
        put(session, now, about="review:11")
        second = put(session, now, about="review:1")
        assert first
        outbox.failed(session, first, reason="gone", now=now)
        found = outbox.history(session, channel=CHANNEL, chat_id="ana", abouts=["review:1", "review:2"])
    assert [(item.id, item.status) for item in found] == [(second, "pending"), (first, "failed")]


def test_a_chat_that_is_being_sent_to_is_known(database: Database, now: datetime) -> None:
    with database.writing() as session:
        put(session, now)
        assert not outbox.is_sending(session, CHANNEL, "ana")
        assert take(session, now)
        assert outbox.is_sending(session, CHANNEL, "ana")
        assert not outbox.is_sending(session, CHANNEL, "luis")


def test_a_key_is_known_once_something_was_put_with_it(database: Database, now: datetime) -> None:
    with database.writing() as session:
        put(session, now, once="a")
        assert outbox.known(session, ["a", "b"]) == {"a"}
        assert outbox.known(session, []) == set()
