"""The ranking that the bot goes by, and the decision on its first place, are the same wherever the pairs come from."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.retrieval.base import Knowledge, Retriever
from bot.retrieval.calibrated import CalibratedIndex
from bot.retrieval.joint import JointIndex
from bot.retrieval.live import LiveRetriever
from bot.retrieval.models import load_models
from bot.retrieval.synonyms import Synonyms
from storage.database import Database
from storage.pairs import add_pair

MODELS = load_models(Synonyms({}))
PAIRS = [
    (1, "¿Cuánto cuesta Caja?", "S/ 280.", ("precio de caja", "cuánto sale caja")),
    (2, "¿Cuánto dura Caja?", "3 meses.", ("duración de caja",)),
    (3, "¿Dónde queda la escuela?", "En Sol 12.", ("dirección de la escuela",)),
]
QUESTIONS = ("cuanto sale el curso de caja", "duracion", "¿Cuánto dura Caja?", "donde esta la escuela", "fútbol")


def test_pairs_without_a_database_are_judged_as_the_knowledge_in_service(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'bot.db'}")
    database.migrate()
    with database.writing() as session:
        for _, question, answer, wordings in PAIRS:
            add_pair(
                session, question=question, answer=answer, wordings=wordings, origin="staff", by="ana",
                now=datetime(2026, 1, 1, tzinfo=UTC),
            )  # fmt: skip
    live, fixed = LiveRetriever(database, MODELS), CalibratedIndex(MODELS, PAIRS)
    knowledge: Knowledge = fixed
    for question in QUESTIONS:
        assert knowledge.current().find(question, 3) == live.current().find(question, 3)
        assert knowledge.retrieve(question, 3) == list(knowledge.current().find(question, 3).passages)
    for question, found in zip(QUESTIONS, fixed.find_all(QUESTIONS, 3), strict=True):
        alone = fixed.find(question, 3)
        assert found.passages == alone.passages
        # Encoded together, a question's 32-bit sums are added up in another order than alone.
        assert (found.answered, found.ours) == pytest.approx((alone.answered, alone.ours), abs=1e-6)
    database.close()


def test_a_removed_pair_is_not_found_and_has_no_say_after_the_next_fit() -> None:
    index: Retriever = (joint := JointIndex(MODELS, [*PAIRS, (4, "¿Hay becas?", "Sí.", ())]))
    joint.load([], removed=[4])
    assert 4 not in [passage.pair_id for passage in index.retrieve("¿Hay becas?", 4)]
    joint.fit()
    assert index.retrieve("precio de caja", 3) == JointIndex(MODELS, PAIRS).retrieve("precio de caja", 3)


def test_a_pair_that_shares_no_word_with_the_question_is_found_by_its_meaning() -> None:
    found = JointIndex(MODELS, PAIRS).retrieve("how many months does it take?", 1)
    assert found[0].pair_id == 2


def test_an_approved_wording_is_found_first_whatever_the_scorers_say() -> None:
    index = JointIndex(MODELS, [*PAIRS, (4, "precio", "Pregunta en secretaría.", ())])
    found = index.find("PRECIO de caja!!", 3)
    assert (found.passages[0].pair_id, found.passages[0].score, found.evidence) == (1, 1.0, None)


def test_an_empty_knowledge_answers_nothing() -> None:
    finding = CalibratedIndex(MODELS).find("¿Cuánto cuesta Caja?", 3)
    assert (finding.passages, finding.answered) == ((), 0.0)
