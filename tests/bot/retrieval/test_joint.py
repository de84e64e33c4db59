"""The score that the bot goes by is the same wherever the pairs come from."""

from datetime import UTC, datetime
from pathlib import Path

from bot.retrieval.base import Retriever
from bot.retrieval.joint import JointIndex
from bot.retrieval.live import LiveRetriever
from bot.retrieval.synonyms import Synonyms
from storage.database import Database
from storage.pairs import add_pair

NO_SYNONYMS = Synonyms({})
PAIRS = [
    (1, "¿Cuánto cuesta Caja?", "S/ 280.", ("precio de caja", "cuánto sale caja")),
    (2, "¿Cuánto dura Caja?", "3 meses.", ("duración de caja",)),
    (3, "¿Dónde queda la escuela?", "En Sol 12.", ("dirección de la escuela",)),
]
QUESTIONS = ("cuanto sale el curso de caja", "duracion", "¿Cuánto dura Caja?", "donde esta la escuela", "fútbol")


def test_pairs_without_a_database_get_the_scores_of_the_knowledge_in_service(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'bot.db'}")
    database.migrate()
    with database.writing() as session:
        for _, question, answer, wordings in PAIRS:
            add_pair(
                session, question=question, answer=answer, wordings=wordings, origin="staff", by="ana",
                now=datetime(2026, 1, 1, tzinfo=UTC),
            )  # fmt: skip
    live, fixed = LiveRetriever(database, NO_SYNONYMS), JointIndex(NO_SYNONYMS, PAIRS)
    retriever: Retriever = fixed
    for question in QUESTIONS:
        assert retriever.retrieve(question, 3) == live.retrieve(question, 3)
        assert fixed.explained(question) == live.explained(question)
    database.close()


def test_a_removed_pair_is_not_found_and_has_no_say_after_the_next_fit() -> None:
    index = JointIndex(NO_SYNONYMS, [*PAIRS, (4, "¿Hay becas?", "Sí.", ())])
    index.load([], removed=[4])
    assert index.retrieve("¿Hay becas?", 3) == []
    index.fit()
    assert index.retrieve("precio de caja", 3) == JointIndex(NO_SYNONYMS, PAIRS).retrieve("precio de caja", 3)


def test_the_second_opinion_moves_a_score_but_never_an_approved_wording_s() -> None:
    index = JointIndex(NO_SYNONYMS)
    index.load(PAIRS)
    question = "cuanto sale el curso de caja"
    alone = index.retrieve(question, 1)[0].score
    index.fit()
    assert index.retrieve(question, 1)[0].score != alone
    assert index.retrieve("precio de caja", 1)[0].score == 1
