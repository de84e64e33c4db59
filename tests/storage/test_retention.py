"""What is deleted is gone: from the tables, and from SQLite's files."""

from datetime import datetime, timedelta
from pathlib import Path

from storage import conversations, inbox, retention, reviews
from storage.database import Database
from storage.retention import Forgotten


def exchange(database: Database, chat: str, text: str, at: datetime) -> int:
    """Logs a question with its answer and a review; the review's id."""
    with database.writing() as session:
        inbox.receive(session, channel="web", external_id=f"{chat}{at}", chat_id=chat, text=text, received_at=at)
        item = inbox.claim(session, now=at, lease_seconds=9)
        assert item
        conversation = conversations.open_conversation(session, "web", chat, now=at)
        question = conversations.log_question(session, conversation, text, now=at)
        conversations.log_answer(
            session, question, text="Sí.", kind="answer", verbatim=True, reason="", model_base=None,
            model_adapter=None, passages=[], milliseconds={}, now=at + timedelta(seconds=3),
        )  # fmt: skip
        inbox.finish(session, item.id, now=at)
        return reviews.open_review(session, question=text, draft="", reason="", message_id=question, now=at)


def said(database: Database, chat: str) -> list[str]:
    with database.reading() as session:
        conversation = conversations.find_conversation(session, "web", chat)
        return [m.text for m in conversations.transcript(session, conversation)] if conversation else []


def test_what_is_too_old_is_deleted_with_its_answer_and_the_rest_stays(database: Database, now: datetime) -> None:
    exchange(database, "ana", "la vieja", now - timedelta(days=400))
    exchange(database, "ana", "la nueva", now)
    exchange(database, "luis", "otra vieja", now - timedelta(days=366))

    with database.writing() as session:
        forgotten = retention.forget_before(session, now - timedelta(days=365))

    assert forgotten == Forgotten(messages=4, inbox=2)
    assert said(database, "ana") == ["la nueva", "Sí."]
    assert said(database, "luis") == []


def test_an_answer_goes_with_its_question_even_where_it_is_younger(database: Database, now: datetime) -> None:
    exchange(database, "ana", "en el filo", now)

    with database.writing() as session:
        retention.forget_before(session, now + timedelta(seconds=1))

    assert said(database, "ana") == []


def test_a_review_stays_and_no_longer_says_who_asked(database: Database, now: datetime) -> None:
    review = exchange(database, "ana", "¿hay becas?", now)

    with database.writing() as session:
        retention.forget_chat(session, "web", "ana")

    with database.reading() as session:
        assert reviews.get_review(session, review).wordings == ("¿hay becas?",)


def test_a_chat_is_deleted_with_what_waits_and_no_other_one(database: Database, now: datetime) -> None:
    exchange(database, "ana", "hola", now)
    exchange(database, "luis", "hola", now)
    with database.writing() as session:
        inbox.receive(session, channel="web", external_id="9", chat_id="ana", text="¿y?", received_at=now)
        forgotten = retention.forget_chat(session, "web", "ana")

    assert forgotten == Forgotten(messages=2, inbox=2)
    assert said(database, "luis") == ["hola", "Sí."]
    with database.reading() as session:
        assert inbox.waiting(session, "web", "ana") == []


def test_what_waits_to_be_answered_is_never_too_old(database: Database, now: datetime) -> None:
    with database.writing() as session:
        inbox.receive(session, channel="web", external_id="9", chat_id="ana", text="¿y?", received_at=now)
        retention.forget_before(session, now + timedelta(days=1))

    with database.reading() as session:
        assert len(inbox.waiting(session, "web", "ana")) == 1


def test_nothing_of_a_deleted_text_stays_in_sqlites_files(tmp_path: Path, now: datetime) -> None:
    file, secret = tmp_path / "cenfobot.db", "unapalabraquenadiemasescribe"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    exchange(database, "ana", secret, now)
    with database.writing() as session:
        retention.forget_chat(session, "web", "ana")

    database.shred()

    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    database.close()
    assert kept.count(secret.encode()) == 2  # the review's question and its wording
