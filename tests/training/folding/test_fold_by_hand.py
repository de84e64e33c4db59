"""A CSV that staff edited by hand: taken over row by row, and stopped where the desk decided otherwise."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import DataError
from storage.text import folded
from tests.training.school import CAJA, PLAZO, ROWS, SOL, School

NEW = "El curso de Caja cuesta S/ 300."


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    school = School(tmp_path)
    yield school
    school.database.close()


def test_an_answer_edited_on_all_rows_of_a_pair_is_an_edit_of_that_pair(school: School) -> None:
    pair = school.pair("precio de caja")
    school.replace(CAJA, NEW)
    folded = school.fold()
    assert (folded.changed, folded.merged, folded.added, folded.edited, folded.removed) == (True, 3, 0, 0, 0)
    assert school.pair("precio de caja").id == pair.id
    assert school.history(pair.id) == [("source.csv", "import"), ("rosa", "edit")]
    assert school.approved() == school.rows() == [(q, NEW if a == CAJA else a) for q, a in ROWS]
    assert not school.fold().changed


def test_wordings_added_and_removed_and_respelled_stay_with_their_pair(school: School) -> None:
    pair = school.pair("precio de caja")
    rows = [("¿CUÁNTO cuesta Caja?", CAJA), ("cuánto sale caja", CAJA), ("a cómo caja", CAJA), *ROWS[3:]]
    school.save(rows)
    assert school.fold().merged == 3
    assert school.pair("a como caja").id == pair.id
    assert school.pair("a como caja").question == "¿CUÁNTO cuesta Caja?"
    assert school.pair("a como caja").wordings == ("cuánto sale caja", "a cómo caja")
    assert school.rows() == rows


def test_the_only_question_of_a_pair_can_be_replaced(school: School) -> None:
    pair = school.pair("donde queda la escuela")
    school.replace("¿Dónde queda la escuela?", "¿Cuál es la dirección?")
    school.fold()
    assert school.pair("cuál es la dirección").id == pair.id


def test_a_wording_moves_to_the_pair_whose_answer_it_is_given(school: School) -> None:
    plazo, caja = school.pair("duración de caja").id, school.pair("precio de caja").id
    school.save([(q, PLAZO if q == "precio de caja" else a) for q, a in ROWS])
    school.fold()
    assert school.pair("precio de caja").id == plazo
    assert school.pair("cuánto sale caja").id == caja


def test_two_pairs_can_swap_wordings(school: School) -> None:
    plazo, caja = school.pair("duración de caja").id, school.pair("precio de caja").id
    swapped = {"precio de caja": PLAZO, "duración de caja": CAJA}
    school.save([(q, swapped.get(q, a)) for q, a in ROWS])
    assert school.fold().merged == 2
    assert (school.pair("precio de caja").id, school.pair("duración de caja").id) == (plazo, caja)


def test_two_answers_that_were_swapped_are_two_edits(school: School) -> None:
    plazo, caja = school.pair("duración de caja"), school.pair("precio de caja")
    school.save([(q, {CAJA: PLAZO, PLAZO: CAJA}.get(a, a)) for q, a in ROWS])
    school.fold()
    assert (school.pair("duración de caja").id, school.pair("duración de caja").answer) == (plazo.id, CAJA)
    assert (school.pair("precio de caja").id, school.pair("precio de caja").answer) == (caja.id, PLAZO)


def test_pairs_whose_answers_became_one_are_one_pair(school: School) -> None:
    plazo, caja = school.pair("duración de caja").id, school.pair("precio de caja").id
    school.save([(q, "Pregunta en caja." if a in (CAJA, PLAZO) else a) for q, a in ROWS])
    school.fold()
    assert {school.pair(question).id for question, _ in ROWS[:5]} == {caja}
    assert plazo not in {pair.id for pair in school.active()}


def test_whole_pairs_are_added_and_retired(school: School) -> None:
    gone = school.pair("donde queda la escuela").id
    rows = [*ROWS[:5], ("¿Hay becas?", "Hay becas."), ("becas", "Hay becas."), *ROWS[6:]]
    school.save(rows)
    assert school.fold().merged == 3
    added = school.pair("becas")
    assert (added.question, added.wordings, added.origin, added.approved_by) == (
        "¿Hay becas?",
        ("becas",),
        "csv",
        "rosa",
    )
    assert gone not in {pair.id for pair in school.active()}
    assert school.rows() == rows


def test_both_sides_changes_meet(school: School) -> None:
    school.replace(CAJA, NEW)
    school.approve("¿Hay becas?", "Hay becas.")
    school.edit("¿Dónde queda la escuela?", answer="En Sol 15.")
    folded = school.fold()
    assert (folded.merged, folded.added, folded.edited) == (3, 1, 1)
    expected = [(q, {CAJA: NEW, SOL: "En Sol 15."}.get(a, a)) for q, a in ROWS] + [("¿Hay becas?", "Hay becas.")]
    assert school.rows() == school.approved() == expected


def test_the_same_change_on_both_sides_is_no_conflict_then_or_later(school: School) -> None:
    school.replace(CAJA, NEW)
    school.edit("precio de caja", answer=NEW)
    assert not school.fold().changed
    school.replace(NEW, "El curso de Caja es gratis.")
    assert school.fold().merged == 3


def test_an_order_of_one_s_own_is_kept(school: School) -> None:
    school.save(reversed(ROWS))
    assert not school.fold().changed
    school.edit("precio de caja", answer=NEW)
    school.ask_also("precio de caja", "a cómo caja")
    school.fold()
    assert school.rows() == [*((q, NEW if a == CAJA else a) for q, a in reversed(ROWS)), ("a cómo caja", NEW)]


def test_what_a_spreadsheet_does_to_a_file_is_no_change_of_its_rows(school: School) -> None:
    before = school.csv.read_bytes()
    school.csv.write_bytes(b"\xef\xbb\xbf" + before.replace(b'"', b"").replace(b".\n", b". \r\n"))
    folded = school.fold()
    assert (folded.merged, folded.edited) == (0, 0)
    assert school.csv.read_bytes() == before


@pytest.mark.parametrize(
    ("on_the_desk", "in_the_file", "texts"),
    [
        ({"answer": "Cuesta S/ 290."}, NEW, [CAJA, "Cuesta S/ 290.", NEW]),
        ({"answer": "Cuesta S/ 290."}, None, [CAJA, "Cuesta S/ 290.", "no such row"]),
        ({}, NEW, [CAJA, "no such row", NEW]),  # retired
    ],
)
def test_what_both_sides_changed_differently_stops_the_fold_and_names_the_texts(
    on_the_desk: dict[str, str], in_the_file: str | None, texts: list[str], school: School
) -> None:
    if on_the_desk:
        school.edit("precio de caja", **on_the_desk)
    else:
        school.retire("precio de caja")
    school.save([(q, in_the_file if a == CAJA else a) for q, a in ROWS if a != CAJA or in_the_file])  # type: ignore[misc]
    file, approved = school.csv.read_bytes(), school.approved()
    with pytest.raises(DataError, match=r"3 question\(s\) were changed .*differently") as stopped:
        school.fold(allow_removals=True)
    assert all(text in str(stopped.value) for text in ("precio de caja", "cenfobot pairs edit", *texts))
    assert (school.csv.read_bytes(), school.approved()) == (file, approved)


def test_a_question_that_both_sides_added_with_two_answers_is_a_conflict(school: School) -> None:
    school.approve("¿Hay becas?", "Hay becas.")
    school.save([*ROWS, ("hay becas", "No hay becas.")])
    with pytest.raises(DataError, match=r"it was not there; the file: 'hay becas' → 'No hay becas\.'; the database: "):
        school.fold()


def test_a_new_wording_of_an_answer_that_the_other_side_replaced_is_a_conflict(school: School) -> None:
    school.save([*ROWS, ("a cómo caja", CAJA)])
    school.edit("precio de caja", answer=NEW)
    with pytest.raises(DataError, match=r"the file has now 'a cómo caja' → .*280.*; the database no longer .*300"):
        school.fold()
    school.save([*ROWS, ("a cómo caja", NEW)])  # as the message says
    assert school.fold().merged == 1
    school.replace(NEW, "Es gratis.")
    school.ask_also("precio de caja", "caja es gratis")
    with pytest.raises(DataError, match=r"the database has now 'caja es gratis' → .*300.*; the file no longer .*grat"):
        school.fold()


def test_a_conflict_is_settled_on_either_side(school: School) -> None:
    school.edit("precio de caja", answer="Cuesta S/ 290.")
    school.replace(CAJA, NEW)
    with pytest.raises(DataError):
        school.fold()
    school.edit("precio de caja", answer=NEW)
    school.fold()
    assert school.pair("precio de caja").answer == NEW


EDITS = st.dictionaries(
    st.sampled_from([question for question, _ in ROWS[:8]] + ["¿Hay becas?", "becas"]),
    st.sampled_from([None, CAJA, PLAZO, SOL, "Nueva.", "Otra."]),
    max_size=5,
)


@settings(max_examples=10, deadline=None)
@given(file=EDITS, moved=st.booleans())
def test_whatever_is_edited_by_hand_the_database_says_the_same_after(file: dict[str, str | None], moved: bool) -> None:
    rows = {question: file.get(question, answer) for question, answer in [*ROWS, *file.items()]}
    kept = [(question, answer) for question, answer in rows.items() if answer is not None]
    with TemporaryDirectory() as folder:
        school = School(Path(folder))
        school.save(reversed(kept) if moved else kept)
        saved = school.csv.read_bytes()
        school.fold(allow_removals=True)
        assert school.csv.read_bytes() == saved
        assert sorted(school.approved()) == sorted(kept)
        answers = [pair.answer for pair in school.active()]
        assert len(answers) == len(set(answers)), "rows of one answer are one pair"
        keys = [folded(question) for question, _ in school.approved()]
        assert len(keys) == len(set(keys))
        assert not school.fold(allow_removals=True).changed
        school.database.close()
