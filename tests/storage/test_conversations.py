"""The log of conversations."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from storage.conversations import (
    ExchangeRecord,
    FeedbackRecord,
    MessageRecord,
    chat_of,
    log_answer,
    log_question,
    log_staff_message,
    open_conversation,
    recent_exchanges,
    set_feedback,
    transcript,
)
from storage.database import Database
from storage.errors import UnknownId

PASSAGES: list[Mapping[str, object]] = [{"pair_id": 1, "question": "¿Qué?", "answer": "Eso.", "score": 0.75}]


def ask(database: Database, chat_id: str, text: str, now: datetime) -> tuple[int, int, int]:
    """Ids of conversation, question and answer."""
    with database.writing() as session:
        conversation = open_conversation(session, "web", chat_id, now=now)
        question = log_question(session, conversation, text, now=now)
        answer = log_answer(
            session,
            question,
            text=f"Sobre {text}…",
            kind="answer",
            verbatim=True,
            reason="",
            model_base="llama",
            model_adapter="v0001",
            passages=PASSAGES,
            milliseconds={"total": 12.5},
            now=now + timedelta(seconds=1),
        )
    return conversation, question, answer


def test_a_chat_has_one_conversation_even_when_it_begins_twice_at_once(database: Database, now: datetime) -> None:
    def begin(_: int) -> int:
        with database.writing() as session:
            return open_conversation(session, "web", "ana", now=now)

    with ThreadPoolExecutor(8) as pool:
        (mine,) = set(pool.map(begin, range(16)))
    with database.writing() as session:
        assert open_conversation(session, "telegram", "ana", now=now) != mine


def test_the_recent_exchanges_are_the_last_ones_of_this_chat_oldest_first(database: Database, now: datetime) -> None:
    ids = [ask(database, "ana", text, now) for text in ("uno", "dos", "tres")]
    ask(database, "luis", "otro", now)
    with database.writing() as session:
        log_question(session, ids[0][0], "sin respuesta", now=now)
        two, three = recent_exchanges(session, ids[0][0], limit=2)
    assert two == ExchangeRecord(
        question_id=ids[1][1],
        question="dos",
        answer_id=ids[1][2],
        answer="Sobre dos…",
        kind="answer",
        passages=tuple(PASSAGES),
        at=now + timedelta(seconds=1),
    )
    assert three.question == "tres"


def test_the_transcript_ends_with_the_newest_message(database: Database, now: datetime) -> None:
    conversation, question, answer = ask(database, "ana", "uno", now)
    ask(database, "ana", "dos", now)
    with database.reading() as session:
        everything = transcript(session, conversation)
        assert [message.text for message in everything] == ["uno", "Sobre uno…", "dos", "Sobre dos…"]
        assert transcript(session, conversation, limit=3) == everything[1:]
        assert transcript(session, conversation, after_id=answer) == everything[2:]
    assert everything[1] == MessageRecord(
        id=answer,
        role="bot",
        text="Sobre uno…",
        created_at=now + timedelta(seconds=1),
        reply_to_id=question,
        kind="answer",
        verbatim=True,
        feedback=0,
        model_base="llama",
        model_adapter="v0001",
        passages=PASSAGES,
    )


def test_feedback_is_noted_and_says_what_it_was_before(database: Database, now: datetime) -> None:
    conversation, question, answer = ask(database, "ana", "uno", now)
    with database.writing() as session:
        first = set_feedback(session, conversation, answer, -1)
        second = set_feedback(session, conversation, answer, 1)
        assert transcript(session, conversation)[1].feedback == 1
    assert first == FeedbackRecord(question, "uno", "", "Sobre uno…", "answer", previous=0)
    assert second is not None
    assert second.previous == -1


def test_feedback_on_somebody_else_s_answer_or_on_a_question_is_not_taken(database: Database, now: datetime) -> None:
    mine, question, _ = ask(database, "ana", "uno", now)
    other, _, answer = ask(database, "luis", "uno", now)
    with database.writing() as session:
        assert set_feedback(session, mine, answer, -1) is None
        assert set_feedback(session, mine, question, -1) is None
        assert transcript(session, other)[1].feedback == 0
        with pytest.raises(ValueError, match="-1, 0 or 1, received 2"):
            set_feedback(session, other, answer, 2)


def test_an_answer_to_no_question_is_refused(database: Database, now: datetime) -> None:
    with pytest.raises(UnknownId, match="no message 99"), database.writing() as session:
        log_answer(
            session, 99, text="x", kind="answer", verbatim=False, reason="", model_base=None, model_adapter=None,
            passages=(), milliseconds={}, now=now,
        )  # fmt: skip


def test_what_the_staff_write_is_told_and_is_no_answer(database: Database, now: datetime) -> None:
    with database.writing() as session:
        conversation = open_conversation(session, "web", "1", now=now)
        message = log_staff_message(session, conversation, "Hola, soy Rosa.", now=now)
        assert recent_exchanges(session, conversation, limit=9) == []
        assert set_feedback(session, conversation, message, 1) is None
        (told,) = transcript(session, conversation)
    assert (told.role, told.text, told.reply_to_id, told.kind) == ("staff", "Hola, soy Rosa.", None, None)


def test_a_conversation_s_chat_is_known_until_it_is_deleted(database: Database, now: datetime) -> None:
    with database.writing() as session:
        conversation = open_conversation(session, "telegram", "ana", now=now)
        assert chat_of(session, conversation) == ("telegram", "ana")
        assert chat_of(session, conversation + 1) is None
