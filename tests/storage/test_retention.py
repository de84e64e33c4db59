"""What is deleted is gone: from the tables, and from SQLite's files."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from storage import chat_states, conversations, handoffs, inbox, outbox, pairs, quizzes, retention, reviews, staff
from storage.database import Database
from storage.models import ChatState, Conversation, Handoff, Inbox, Message, Outbox, Quiz, StaffFact
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
        retention.forget_chat(session, "web", "ana", now)

    with database.reading() as session:
        assert reviews.get_review(session, review).wordings == ("¿hay becas?",)


def test_a_chat_is_deleted_with_what_waits_and_no_other_one(database: Database, now: datetime) -> None:
    exchange(database, "ana", "hola", now)
    exchange(database, "luis", "hola", now)
    with database.writing() as session:
        inbox.receive(session, channel="web", external_id="9", chat_id="ana", text="¿y?", received_at=now)
        forgotten = retention.forget_chat(session, "web", "ana", now)

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


def chat_on_telegram(database: Database, chat: str, at: datetime) -> None:
    """One row of each kind that a chat leaves beside its messages; two in the outbox, one of them for the staff."""
    with database.writing() as session:
        conversation = conversations.open_conversation(session, "telegram", chat, now=at)
        pair = pairs.add_pair(
            session, question=f"¿{chat}?", answer=f"{chat}.", wordings=(), origin="staff", by="Rosa", now=at
        )
        quizzes.open_quiz(session, conversation, pair.id, 0, at)
        handoff = handoffs.open_handoff(session, conversation, "asked for", "¿Ayuda?", at)
        for to, about in ((chat, "answer:1"), ("-100", f"handoff:{handoff}")):
            payload = {"text": f"de {chat}"}
            outbox.put(
                session, channel="telegram", chat_id=to, method="sendMessage", payload=payload, about=about, now=at
            )
        chat_states.flood(session, "telegram", chat, at, at)
        staff.link(session, "WRONG", chat, at)


def left(database: Database) -> dict[str, int]:
    tables = (Outbox, ChatState, Handoff, Quiz, StaffFact)
    with database.reading() as session:
        return {t.__tablename__: session.scalars(select(func.count()).select_from(t)).one() for t in tables}


def test_a_chat_is_deleted_from_every_table_that_knows_it(database: Database, now: datetime) -> None:
    for chat in ("ana", "luis"):
        chat_on_telegram(database, chat, now)

    with database.writing() as session:
        forgotten = retention.forget_chat(session, "telegram", "ana", now)

    assert forgotten == Forgotten(messages=0, inbox=0, other=5)
    assert left(database) == {"outbox": 2, "chat_states": 1, "handoffs": 1, "quizzes": 1, "staff_facts": 1}
    with database.reading() as session:
        assert conversations.find_conversation(session, "telegram", "ana") is None
        assert conversations.find_conversation(session, "telegram", "luis")
        assert {payload["text"] for payload in session.scalars(select(Outbox.payload))} == {"de luis"}


def test_a_pause_that_still_runs_outlives_the_chat_until_it_is_over(database: Database, now: datetime) -> None:
    with database.writing() as session:
        chat_states.flood(session, "telegram", "ana", now + timedelta(minutes=4), now)
        chat_states.flood(session, "telegram", "luis", now - timedelta(minutes=4), now - timedelta(minutes=9))
        chat_states.mark_unreachable(session, "telegram", "eva", "blocked", now)
        for chat in ("ana", "luis", "eva"):
            retention.forget_chat(session, "telegram", chat, now)

        assert list(session.scalars(select(ChatState.chat_id).order_by(ChatState.chat_id))) == ["ana", "eva"]
        assert chat_states.is_unreachable(session, "telegram", "eva") == "blocked"
        text = {"text": "Listo"}
        outbox.put(session, channel="telegram", chat_id="ana", method="sendMessage", payload=text, now=now)
        assert outbox.next_due(session, channel="telegram", now=now, exclude_chats=()) is None
        after = now + timedelta(minutes=5)
        assert outbox.next_due(session, channel="telegram", now=after, exclude_chats=())
        retention.forget_before(session, after)

    assert left(database)["chat_states"] == 0


def test_what_is_too_old_goes_from_every_table_and_what_is_young_keeps_its_conversation(
    database: Database, now: datetime
) -> None:
    chat_on_telegram(database, "ana", now - timedelta(days=400))
    chat_on_telegram(database, "luis", now)

    with database.writing() as session:
        forgotten = retention.forget_before(session, now - timedelta(days=365))

    assert forgotten == Forgotten(messages=0, inbox=0, other=5)
    assert left(database) == {"outbox": 2, "chat_states": 1, "handoffs": 1, "quizzes": 1, "staff_facts": 1}
    with database.reading() as session:
        assert conversations.find_conversation(session, "telegram", "ana") is None
        assert conversations.find_conversation(session, "telegram", "luis")


def test_what_the_staff_wrote_is_forgotten_with_the_rest(database: Database, now: datetime) -> None:
    exchange(database, "ana", "hola", now)
    with database.writing() as session:
        conversation = conversations.open_conversation(session, "web", "ana", now=now)
        conversations.log_staff_message(session, conversation, "Soy Rosa.", now=now)
    assert said(database, "ana") == ["hola", "Sí.", "Soy Rosa."]

    with database.writing() as session:
        assert retention.forget_before(session, now + timedelta(seconds=1)).messages == 3

    assert said(database, "ana") == []


def test_nothing_of_a_deleted_text_stays_in_sqlites_files(tmp_path: Path, now: datetime) -> None:
    file, secret = tmp_path / "cenfobot.db", "unapalabraquenadiemasescribe"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    exchange(database, "ana", secret, now)
    with database.writing() as session:
        retention.forget_chat(session, "web", "ana", now)

    database.shred()

    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    database.close()
    assert kept.count(secret.encode()) == 2  # the review's question and its wording


def test_a_chats_other_queues_are_deleted_with_it(database: Database, now: datetime) -> None:
    with database.writing() as session:
        for queue in ("77", "77#press", "770", "770#press"):
            inbox.receive(session, channel="telegram", external_id=queue, chat_id=queue, text="x", received_at=now)
        forgotten = retention.forget_chat(session, "telegram", "77", now)

    assert forgotten.inbox == 2
    with database.reading() as session:
        assert [len(inbox.waiting(session, "telegram", chat)) for chat in ("77#press", "770#press")] == [0, 1]


def test_the_ids_of_what_was_deleted_are_given_to_nothing_else(database: Database, now: datetime) -> None:
    """Whoever still holds one, a worker or a button, would mean another student's row."""
    exchange(database, "ana", "hola", now)
    chat_on_telegram(database, "ana", now)

    def latest() -> list[int]:
        with database.reading() as session:
            tables = (Inbox, Outbox, Conversation, Message, Handoff, Quiz)
            return [session.scalars(select(func.max(table.id))).one() for table in tables]

    before = latest()
    with database.writing() as session:
        retention.forget_chat(session, "web", "ana", now)
        retention.forget_chat(session, "telegram", "ana", now)
    exchange(database, "luis", "hola", now)
    with database.writing() as session:
        talk = conversations.open_conversation(session, "telegram", "luis", now=now)
        handoffs.open_handoff(session, talk, "asked for", "¿Ayuda?", now)
        outbox.put(session, channel="telegram", chat_id="luis", method="sendMessage", payload={}, now=now)
        quizzes.open_quiz(session, talk, 1, 0, now)
    assert all(new > old for new, old in zip(latest(), before, strict=True))
