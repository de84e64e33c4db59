"""What staff decide, on a real database."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import AlreadyDecided, ContradictionError, ReviewError
from bot.reviewing.desk import ReviewDesk
from bot.reviewing.grouping import same_question
from storage import conversations
from storage.database import Database

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'cenfobot.db'}")
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def desk(database: Database) -> ReviewDesk:
    return ReviewDesk(database, clock=lambda: NOW)


def report(desk: ReviewDesk, database: Database, question: str) -> int:
    """A student asks what nobody approved."""
    with database.writing() as session:
        conversation = conversations.open_conversation(session, "web", "student", now=NOW)
        message = conversations.log_question(session, conversation, question, now=NOW)
        return desk.report(session, question=question, draft="", reason="unknown", message_id=message, now=NOW)


def test_the_same_question_in_nearly_the_same_words_joins_its_review(desk: ReviewDesk, database: Database) -> None:
    first = report(desk, database, "¿Tienen estacionamiento para motos?")
    assert report(desk, database, "hola, tienen estacionamento para motos xfa") == first
    other = report(desk, database, "¿Tienen cafetería?")
    assert [(r.id, r.asked) for r in desk.open_reviews()] == [(first, 2), (other, 1)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("¿Cuánto cuesta el curso de Excel?", "cuanto cuesta curso excel", True),
        ("¿Cuánto cuesta el curso de Excel?", "¿Cuánto dura el curso de Excel?", False),
        ("¿Abren el 25 de diciembre?", "¿Abren el 26 de diciembre?", False),
        ("¿Hay clases?", "¿No hay clases?", False),
    ],
)
def test_grouping_joins_wordings_and_not_other_questions(one: str, other: str, same: bool) -> None:
    assert same_question(one, other) is same


def test_an_approved_review_becomes_a_pair_with_all_of_its_wordings(desk: ReviewDesk, database: Database) -> None:
    review = report(desk, database, "¿Tienen estacionamiento?")
    report(desk, database, "estacionamiento tienen??")
    pair = desk.approve(review, by="Rosa", answer="Sí, gratis.")
    assert (pair.question, pair.answer, pair.approved_by) == ("¿Tienen estacionamiento?", "Sí, gratis.", "Rosa")
    assert desk.open_reviews() == []


def test_a_second_decision_is_refused_with_who_and_when(desk: ReviewDesk, database: Database) -> None:
    review = report(desk, database, "¿Tienen estacionamiento?")
    desk.approve(review, by="Rosa", answer="Sí.")
    with pytest.raises(AlreadyDecided, match="Rosa el 2026-11-22 15:00 UTC"):
        desk.reject(review, by="Luis")
    with pytest.raises(AlreadyDecided):
        desk.edit(review, draft="No.")


def test_an_edit_changes_the_draft_and_keeps_the_review_open(desk: ReviewDesk, database: Database) -> None:
    review = report(desk, database, "hay cochera")
    desk.edit(review, question="¿Hay cochera?", draft="Sí, para bicicletas.")
    pair = desk.approve(review, by="Rosa")
    assert (pair.question, pair.answer) == ("¿Hay cochera?", "Sí, para bicicletas.")


def test_merged_reviews_are_decided_as_one_with_all_wordings(desk: ReviewDesk, database: Database) -> None:
    kept, merged = report(desk, database, "¿Hay cochera?"), report(desk, database, "¿Dónde dejo mi moto?")
    review = desk.merge(merged, kept, by="Rosa")
    assert (review.id, review.asked) == (kept, 2)
    assert [review.id for review in desk.open_reviews()] == [kept]
    pair = desk.approve(kept, by="Luis", answer="Sí, para motos.")
    assert (pair.question, pair.wordings) == ("¿Hay cochera?", ("¿Dónde dejo mi moto?",))


def test_a_merge_wants_two_reviews_that_wait(desk: ReviewDesk, database: Database) -> None:
    kept, merged = report(desk, database, "¿Hay cochera?"), report(desk, database, "¿Dónde dejo mi moto?")
    with pytest.raises(ReviewError, match="consigo misma"):
        desk.merge(kept, kept, by="Rosa")
    desk.merge(merged, kept, by="Rosa")
    with pytest.raises(AlreadyDecided, match=f"fusionada con la {kept} por Rosa"):
        desk.approve(merged, by="Luis", answer="Sí.")
    desk.reject(kept, by="Rosa")
    other = report(desk, database, "¿Tienen cafetería?")
    with pytest.raises(AlreadyDecided, match=f"La revisión {kept} ya fue rechazada"):
        desk.merge(other, kept, by="Luis")


def test_approving_without_an_answer_is_refused(desk: ReviewDesk, database: Database) -> None:
    with pytest.raises(ReviewError, match="No hay respuesta"):
        desk.approve(report(desk, database, "¿Hay cochera?"), by="Rosa")


def test_an_answer_that_contradicts_an_approved_one_wants_a_confirmation(desk: ReviewDesk) -> None:
    desk.add("¿Cuánto cuesta?", "S/ 100.", by="Rosa")
    for asked in ("cuanto cuesta", "hola, cuanto cuestta?"):
        with pytest.raises(ContradictionError, match=r"S/ 100.*S/ 120"):
            desk.add(asked, "S/ 120.", by="Luis")
    assert [pair.answer for pair in desk.pairs()] == ["S/ 100."]
    pair = desk.add("cuanto cuesta", "S/ 120.", by="Luis", confirmed=True)
    assert [p.answer for p in desk.pairs()] == ["S/ 120."]
    assert [(c.by, c.action) for c in desk.history(pair.id)] == [("Rosa", "add"), ("Luis", "edit")]


def test_an_answer_that_is_approved_already_gets_another_wording(desk: ReviewDesk) -> None:
    desk.add("¿Cuánto cuesta?", "S/ 100.", by="Rosa")
    pair = desk.add("¿Qué precio tiene?", "S/ 100.", by="Luis")
    assert pair.wordings == ("¿Qué precio tiene?",)
    assert len(desk.pairs()) == 1


def test_a_retired_pair_is_out_of_service_and_cannot_change(desk: ReviewDesk) -> None:
    pair = desk.add("¿Cuánto cuesta?", "S/ 100.", by="Rosa")
    desk.retire(pair.id, by="Rosa")
    assert desk.pairs() == []
    with pytest.raises(ReviewError, match="retirado"):
        desk.edit_pair(pair.id, by="Rosa", answer="S/ 120.")
