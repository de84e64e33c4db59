"""The retriever over a real SQLite file; a second ``Database`` plays the other process."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.retrieval.base import Knowledge, Retriever
from bot.retrieval.live import LiveRetriever
from bot.retrieval.models import load_models
from bot.retrieval.synonyms import Synonyms
from storage.database import Database
from storage.pairs import add_pair, add_wording, edit_pair, retire_pair

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MODELS = load_models(Synonyms({}))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'bot.db'}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def other_process(url: str, database: Database) -> Iterator[Database]:
    other = Database(url)
    yield other
    other.close()


def approve(database: Database, question: str, answer: str) -> int:
    with database.writing() as session:
        return add_pair(session, question=question, answer=answer, origin="staff", by="ana", now=NOW).id


def test_loads_the_active_pairs_only(database: Database) -> None:
    approve(database, "¿Hay becas?", "Sí.")
    retired = approve(database, "¿Hay cochera?", "Sí.")
    with database.writing() as session:
        retire_pair(session, retired, by="ana", now=NOW)
    retriever: Retriever = LiveRetriever(database, MODELS)
    assert [passage.question for passage in retriever.retrieve("becas cochera", 3)] == ["¿Hay becas?"]


def test_knows_what_another_process_changed_at_the_next_question(database: Database, other_process: Database) -> None:
    retriever = LiveRetriever(database, MODELS)
    assert retriever.retrieve("¿Hay becas?", 1) == []
    pair = approve(other_process, "¿Hay becas?", "Sí.")
    (found,) = retriever.retrieve("hay becas", 1)
    assert (found.pair_id, found.answer, found.score) == (pair, "Sí.", 1)
    with other_process.writing() as session:
        edit_pair(session, pair, answer="No.", by="ana", now=NOW)
        add_wording(session, pair, "dan descuentos", by="ana", now=NOW)
    (found,) = retriever.retrieve("dan descuentos", 1)
    assert (found.answer, found.question, found.score) == ("No.", "dan descuentos", 1)
    with other_process.writing() as session:
        retire_pair(session, pair, by="ana", now=NOW)
    assert retriever.retrieve("hay becas", 1) == []


def test_an_approved_question_is_certainly_answered_at_once(database: Database, other_process: Database) -> None:
    retriever: Knowledge = LiveRetriever(database, MODELS)
    assert retriever.current().find("hay becas", 1).answered == 0
    approve(other_process, "¿Hay becas?", "Sí.")
    assert retriever.current().find("hay becas", 1).answered == 1
