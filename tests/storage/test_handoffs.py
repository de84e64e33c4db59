"""Conversations that a person takes over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from storage import handoffs
from storage.conversations import log_question, open_conversation
from storage.database import Database
from storage.errors import UnknownId
from storage.handoffs import HandoffRecord


@pytest.fixture
def conversation(database: Database, now: datetime) -> int:
    with database.writing() as session:
        return open_conversation(session, "telegram", "ana", now=now)


def opened(database: Database, conversation: int, now: datetime, question: str = "¿Hay becas?") -> int:
    with database.writing() as session:
        return handoffs.open_handoff(session, conversation, "asked for", question, now)


def test_a_conversation_has_one_open_hand_off_at_a_time(database: Database, conversation: int, now: datetime) -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(lambda n: opened(database, conversation, now, f"pregunta {n}"), range(4)))
    (first,) = ids
    with database.writing() as session:
        assert handoffs.close(session, first, "Rosa", now)
        assert handoffs.open_of(session, conversation) is None
    second = opened(database, conversation, now)
    assert second != first
    with database.writing() as session:
        other = open_conversation(session, "telegram", "luis", now=now)
        assert handoffs.open_of(session, other) is None
        open_one = handoffs.open_of(session, conversation)
    assert open_one
    assert open_one.id == second


def test_a_hand_off_keeps_its_question_its_beginning_and_who_closed_it_first(
    database: Database, conversation: int, now: datetime
) -> None:
    later = now + timedelta(hours=1)
    with database.writing() as session:
        before = log_question(session, conversation, "¿Hay becas?", now=now)
    handoff = opened(database, conversation, now)
    with database.writing() as session:
        assert handoffs.close(session, handoff, "Rosa", later)
        assert not handoffs.close(session, handoff, "Luis", later)
        assert handoffs.get(session, handoff) == HandoffRecord(
            id=handoff,
            conversation_id=conversation,
            status="closed",
            reason="asked for",
            opened_at=now,
            closed_at=later,
            closed_by="Rosa",
            question="¿Hay becas?",
            begun_after=before,
        )


def test_a_hand_off_that_is_not_there_is_named(database: Database) -> None:
    with pytest.raises(UnknownId, match="no hand-off 99"), database.reading() as session:
        handoffs.get(session, 99)
