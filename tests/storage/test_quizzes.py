"""Practice questions and their score."""

from datetime import datetime

import pytest

from storage import pairs, quizzes
from storage.conversations import open_conversation
from storage.database import Database
from storage.quizzes import QuizRecord


@pytest.fixture
def conversation(database: Database, now: datetime) -> int:
    with database.writing() as session:
        return open_conversation(session, "telegram", "ana", now=now)


@pytest.fixture
def pair_ids(database: Database, now: datetime) -> list[int]:
    with database.writing() as session:
        return [
            pairs.add_pair(
                session, question=f"¿{word}?", answer=f"{word}.", wordings=(), origin="staff", by="Rosa", now=now
            ).id
            for word in ("Uno", "Dos", "Tres")
        ]


def test_the_first_answer_counts_and_no_other(
    database: Database, conversation: int, pair_ids: list[int], now: datetime
) -> None:
    with database.writing() as session:
        quiz = quizzes.open_quiz(session, conversation, pair_ids[0], 2, now)
        assert quizzes.answer(session, "p1", 2, now) is None  # it was not sent yet
        quizzes.set_poll(session, quiz, "p1")
        assert quizzes.answer(session, "p1", 0, now) == QuizRecord(quiz, conversation, pair_ids[0], 2, 0, now, now)
        assert quizzes.answer(session, "p1", 2, now) is None
        assert quizzes.score(session, conversation) == (0, 1)


def test_the_score_is_the_conversation_s_own(
    database: Database, conversation: int, pair_ids: list[int], now: datetime
) -> None:
    with database.writing() as session:
        other = open_conversation(session, "telegram", "luis", now=now)
        for number, (talk, chosen) in enumerate([(conversation, 1), (conversation, 0), (other, 1), (conversation, 1)]):
            quizzes.set_poll(session, quizzes.open_quiz(session, talk, pair_ids[0], 1, now), f"p{number}")
            quizzes.answer(session, f"p{number}", chosen, now)
        quizzes.open_quiz(session, conversation, pair_ids[1], 0, now)
        assert quizzes.score(session, conversation) == (2, 3)
        assert quizzes.score(session, other) == (1, 1)


def test_what_was_asked_lately_comes_newest_first(
    database: Database, conversation: int, pair_ids: list[int], now: datetime
) -> None:
    with database.writing() as session:
        for pair_id in pair_ids:
            quizzes.open_quiz(session, conversation, pair_id, 0, now)
        assert quizzes.asked_pairs(session, conversation, 2) == [pair_ids[2], pair_ids[1]]
