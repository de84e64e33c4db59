"""Who asked is told once, in the transaction that approves."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.errors import ContradictionError
from bot.reviewing.callbacks import CallBacks
from bot.reviewing.desk import ReviewDesk
from storage import conversations, outbox, retention
from storage.conversations import CALL_BACK, MessageRecord
from storage.database import Database
from storage.outbox import OutboxItem

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'cenfobot.db'}")
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def desk(database: Database) -> ReviewDesk:
    return ReviewDesk(database, clock=lambda: NOW)


def ask(desk: ReviewDesk, database: Database, question: str, chat: str = "ana", channel: str = "telegram") -> int:
    """A student asks what nobody approved; the review's id."""
    with database.writing() as session:
        conversation = conversations.open_conversation(session, channel, chat, now=NOW)
        message = conversations.log_question(session, conversation, question, now=NOW)
        return desk.report(session, question=question, draft="", reason="unknown", message_id=message, now=NOW)


def told(database: Database, chat: str = "ana", channel: str = "telegram") -> list[MessageRecord]:
    with database.reading() as session:
        conversation = conversations.find_conversation(session, channel, chat)
        assert conversation
        return [m for m in conversations.transcript(session, conversation) if m.role == "bot"]


def put(database: Database, channel: str = "telegram") -> list[OutboxItem]:
    """What is in a channel's outbox, taken out one by one."""
    items = []
    with database.writing() as session:
        while item := outbox.next_due(session, channel=channel, now=NOW, exclude_chats=()):
            items.append(item)
            outbox.sent(session, item.id, message_id=str(item.id), now=NOW)
    return items


def test_everybody_who_asked_gets_the_answer_with_the_own_wording(desk: ReviewDesk, database: Database) -> None:
    review = ask(desk, database, "¿Tienen estacionamiento?")
    ask(desk, database, "estacionamiento tienen??", "luis")

    desk.approve(review, by="Rosa", answer="Sí, gratis.")

    (ana,), (luis,) = told(database), told(database, "luis")
    assert ana.text == "Ya tengo la respuesta a tu pregunta «¿Tienen estacionamiento?»:\n\nSí, gratis."
    assert luis.text == "Ya tengo la respuesta a tu pregunta «estacionamiento tienen??»:\n\nSí, gratis."
    assert (ana.kind, ana.verbatim) == ("answer", True)
    source = "\n\nRespuesta verificada por el personal · 22/11/2026"
    assert [(item.chat_id, item.method, item.payload["text"], item.about) for item in put(database)] == [
        ("ana", "sendMessage", ana.text + source, f"answer:{ana.id}"),
        ("luis", "sendMessage", luis.text + source, f"answer:{luis.id}"),
    ]


def test_a_call_back_has_the_source_and_the_buttons_of_an_answer(database: Database) -> None:
    how = CallBacks("Ya la tengo. " * 20 + "{answer}", "CENFOBANK", ZoneInfo("Asia/Tokyo"))
    desk = ReviewDesk(database, how, clock=lambda: NOW)
    review = ask(desk, database, "¿Hay becas?")
    ask(desk, database, "hay becas", "-100")

    desk.approve(review, by="Rosa", answer="🎓" * 2000)

    first, private, _, group = put(database)
    assert "reply_markup" not in first.payload
    assert private.payload["text"].endswith("\n\nRespuesta verificada por CENFOBANK · 23/11/2026")
    assert [entity["type"] for entity in private.payload["entities"]] == ["italic"]
    assert [pressed(item) for item in (private, group)] == [["fb", "fb", "hand"], ["fb", "fb"]]


def pressed(item: OutboxItem) -> list[str]:
    """What its buttons do."""
    rows = item.payload["reply_markup"]["inline_keyboard"]
    return [button["callback_data"].partition(":")[0] for row in rows for button in row]


def test_who_asked_twice_is_told_once_by_the_latest_wording(desk: ReviewDesk, database: Database) -> None:
    review = ask(desk, database, "¿Tienen estacionamiento?")
    assert ask(desk, database, "estacionamiento\ntienen") == review

    desk.approve(review, by="Rosa", answer="Sí.")

    (item,) = put(database)
    assert "«estacionamiento tienen»" in item.payload["text"]


def test_the_web_chat_shows_it_and_nothing_is_sent_there(desk: ReviewDesk, database: Database) -> None:
    desk.approve(ask(desk, database, "¿Hay becas?", channel="web"), by="Rosa", answer="Sí.")

    assert len(told(database, channel="web")) == 1
    assert put(database, "web") == []


def test_who_asked_a_merged_review_is_told_too_and_once(desk: ReviewDesk, database: Database) -> None:
    kept, merged = ask(desk, database, "¿Hay becas?"), ask(desk, database, "¿Dan ayuda económica?")
    ask(desk, database, "dan ayuda economica", "luis")
    desk.merge(merged, kept, by="Rosa")

    desk.approve(kept, by="Rosa", answer="Sí.")

    assert sorted(item.chat_id for item in put(database)) == ["ana", "luis"]


def test_an_approval_that_fails_tells_nobody(desk: ReviewDesk, database: Database) -> None:
    desk.add("¿Hay becas?", "No.", by="Rosa")
    review = ask(desk, database, "hay becas")

    with pytest.raises(ContradictionError):
        desk.approve(review, by="Luis", answer="Sí.")

    assert told(database) == []
    assert put(database) == []


def test_a_rejection_tells_nobody(desk: ReviewDesk, database: Database) -> None:
    desk.reject(ask(desk, database, "¿Hay becas?"), by="Rosa")

    assert told(database) == []


def test_who_wanted_to_be_forgotten_is_not_told(desk: ReviewDesk, database: Database) -> None:
    review = ask(desk, database, "¿Hay becas?")
    ask(desk, database, "hay becas", "luis")
    with database.writing() as session:
        retention.forget_chat(session, "telegram", "ana", NOW)

    desk.approve(review, by="Rosa", answer="Sí.")

    assert [item.chat_id for item in put(database)] == ["luis"]


def test_the_profile_s_text_is_used_and_a_question_cannot_fill_its_places(database: Database) -> None:
    desk = ReviewDesk(database, CallBacks("{answer} ({question}) {otra}"), clock=lambda: NOW)

    desk.approve(ask(desk, database, "¿becas {answer}?"), by="Rosa", answer="Sí {question}.")

    assert told(database)[0].text == "Sí {question}. (¿becas {answer}?) {otra}"


def test_a_long_question_is_shortened_so_that_question_and_answer_fit_one_message(
    desk: ReviewDesk, database: Database
) -> None:
    desk.approve(ask(desk, database, "¿beca para " + "ñandú " * 150 + "?"), by="Rosa", answer="á" * 2000)

    (item,) = put(database)
    assert "…»:\n\náá" in item.payload["text"]
    assert len(item.payload["text"]) < 2300


def test_a_call_back_is_an_answer_like_others_to_feedback_and_follow_ups(desk: ReviewDesk, database: Database) -> None:
    desk.approve(ask(desk, database, "¿Hay becas?"), by="Rosa", answer="Sí.")

    with database.writing() as session:
        conversation = conversations.find_conversation(session, "telegram", "ana")
        assert conversation
        (exchange,) = conversations.recent_exchanges(session, conversation, limit=4)
        feedback = conversations.set_feedback(session, conversation, exchange.answer_id, -1)
        assert conversations.answered_because(session, conversation, CALL_BACK, since=NOW) == 1
    assert (exchange.question, exchange.passages[0]["answer"]) == ("¿Hay becas?", "Sí.")
    assert feedback
    assert feedback.asked == "¿Hay becas?"


def test_a_call_back_is_forgotten_with_its_question(desk: ReviewDesk, database: Database) -> None:
    review = ask(desk, database, "¿Hay becas?")
    late = ReviewDesk(database, clock=lambda: NOW + timedelta(days=2))
    late.approve(review, by="Rosa", answer="Sí.")

    with database.writing() as session:
        assert retention.forget_before(session, NOW + timedelta(days=1)).messages == 2
