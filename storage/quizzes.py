"""Practice: questions made from approved pairs, what the student chose, and the score."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from storage.models import Quiz


@dataclass(frozen=True)
class QuizRecord:
    """One practice question that was answered."""

    id: int
    conversation_id: int
    pair_id: int
    correct: int
    """Number of the right option, from 0."""
    chosen: int
    asked_at: datetime
    answered_at: datetime


def open_quiz(session: Session, conversation_id: int, pair_id: int, correct: int, now: datetime) -> int:
    """Notes a question that is about to be asked, with the number of its right option, and returns its id."""
    values = {"conversation_id": conversation_id, "pair_id": pair_id, "correct": correct, "asked_at": now}
    return session.scalars(insert(Quiz).values(values).returning(Quiz.id)).one()


def set_poll(session: Session, quiz_id: int, poll_id: str) -> None:
    """Notes the channel's id of the question as it was sent."""
    session.execute(update(Quiz).where(Quiz.id == quiz_id).values(poll_id=poll_id))


def answer(session: Session, poll_id: str, chosen: int, now: datetime) -> QuizRecord | None:
    """Notes the first answer to a question; None for a later one and for a poll that is not known."""
    quiz = session.scalar(select(Quiz).where(Quiz.poll_id == poll_id, Quiz.answered_at.is_(None)).with_for_update())
    if quiz is None:
        return None
    quiz.chosen, quiz.answered_at = chosen, now
    session.flush()
    return QuizRecord(quiz.id, quiz.conversation_id, quiz.pair_id, quiz.correct, chosen, quiz.asked_at, now)


def score(session: Session, conversation_id: int) -> tuple[int, int]:
    """How many of a conversation's questions were answered rightly, and how many were answered."""
    answered = select(func.count()).where(Quiz.conversation_id == conversation_id, Quiz.answered_at.is_not(None))
    right = session.scalars(answered.where(Quiz.chosen == Quiz.correct)).one()
    return right, session.scalars(answered).one()


def asked_pairs(session: Session, conversation_id: int, limit: int) -> list[int]:
    """The pairs of the last ``limit`` questions that a conversation was asked, newest first."""
    asked = select(Quiz.pair_id).where(Quiz.conversation_id == conversation_id)
    return list(session.scalars(asked.order_by(Quiz.id.desc()).limit(limit)))
