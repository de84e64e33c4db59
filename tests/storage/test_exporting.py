"""What a student gets who asks what is held of the chat."""

from datetime import datetime, timedelta

from storage import conversations, handoffs, outbox, pairs, quizzes
from storage.database import Database
from storage.exporting import exported


def test_all_that_a_chat_holds_is_told_oldest_first_and_nothing_of_others(database: Database, now: datetime) -> None:
    later = [now + timedelta(minutes=minute) for minute in range(6)]
    with database.writing() as session:
        pair = pairs.add_pair(session, question="¿Uno?", answer="Uno.", wordings=(), origin="staff", by="Rosa", now=now)
        for chat in ("ana", "luis"):
            talk = conversations.open_conversation(session, "telegram", chat, now=now)
            conversations.log_question(session, talk, f"soy {chat}", now=later[0])
            handoffs.open_handoff(session, talk, "asked for", f"ayuda a {chat}", later[1])
            conversations.log_staff_message(session, talk, f"Hola, {chat}.", now=later[2])
            quizzes.set_poll(session, quizzes.open_quiz(session, talk, pair.id, 1, later[3]), chat)
            quizzes.answer(session, chat, 1, later[3])
            quizzes.open_quiz(session, talk, pair.id, 1, later[4])
            payload = {"text": f"adiós, {chat}"}
            outbox.put(session, channel="telegram", chat_id=chat, method="sendMessage", payload=payload, now=later[5])
        held = exported(session, "telegram", "ana")
        assert exported(session, "web", "ana") == []

    assert [(entry["role"], entry["text"]) for entry in held] == [
        ("student", "soy ana"),
        ("handoff", "ayuda a ana"),
        ("staff", "Hola, ana."),
        ("practice", "¿Uno?"),
        ("practice", "¿Uno?"),
        ("sending", "adiós, ana"),
    ]
    assert [entry["right"] for entry in held if entry["role"] == "practice"] == [True, None]
    assert held[1]["reason"] == "asked for"
    assert held[0]["at"] == now.isoformat()
