"""The FAQs of the invented schools are ones that staff could load, and their questions are new."""

import csv
from itertools import pairwise
from pathlib import Path

import pytest

from bot.home import Sources, begin_home
from bot.settings import Settings
from storage.text import folded

SCHOOLS = sorted(
    folder
    for folder in (Path(__file__).resolve().parents[2] / "data/evaluation/other_schools").iterdir()
    if folder.is_dir()
)
COLUMNS = {
    "pairs.csv": ["question", "answer"],
    "wordings.csv": ["wording", "approved_question"],
    "out_of_scope.csv": ["question", "kind"],
}


def rows_of(school: Path, name: str) -> list[list[str]]:
    """All rows of a school's file, without the header."""
    with (school / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=";", strict=True))[1:]


def canonical_questions(school: Path) -> dict[str, str]:
    """The first wording of each answer, by the answer."""
    first: dict[str, str] = {}
    for question, answer in rows_of(school, "pairs.csv"):
        first.setdefault(answer, question)
    return first


def test_there_are_four_schools() -> None:
    assert len(SCHOOLS) == 4


@pytest.mark.parametrize("school", SCHOOLS, ids=lambda school: school.name)
@pytest.mark.parametrize("name", COLUMNS)
def test_a_file_is_utf8_with_every_cell_quoted_and_unix_line_ends(school: Path, name: str) -> None:
    rows = [COLUMNS[name], *rows_of(school, name)]
    text = (school / name).read_bytes().decode("utf-8")
    assert text == "".join(";".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    assert all(cell and cell == cell.strip() for row in rows for cell in row)


@pytest.mark.parametrize("school", SCHOOLS, ids=lambda school: school.name)
def test_answers_are_short_and_stand_in_consecutive_rows_with_their_wordings(school: Path) -> None:
    answers = [answer for _, answer in rows_of(school, "pairs.csv")]
    changes = sum(before != after for before, after in pairwise(answers))
    assert changes + 1 == len(set(answers))
    assert 25 <= len(set(answers)) <= 35
    assert all(len(answer) <= 280 and ";" not in answer for answer in answers)
    assert all(3 <= answers.count(answer) <= 5 for answer in answers)


@pytest.mark.parametrize("school", SCHOOLS, ids=lambda school: school.name)
def test_the_questions_have_their_number_and_every_pair_is_asked_for(school: Path) -> None:
    asked = [approved for _, approved in rows_of(school, "wordings.csv")]
    kinds = [kind for _, kind in rows_of(school, "out_of_scope.csv")]
    assert (len(asked), kinds.count("near"), kinds.count("far"), len(kinds)) == (50, 20, 15, 35)
    assert set(asked) == set(canonical_questions(school).values())


@pytest.mark.parametrize("school", SCHOOLS, ids=lambda school: school.name)
def test_no_text_of_a_school_stands_twice(school: Path) -> None:
    texts = [folded(row[0]) for name in COLUMNS for row in rows_of(school, name)]
    assert "" not in texts
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("school", SCHOOLS, ids=lambda school: school.name)
def test_a_home_begins_with_a_schools_pairs(school: Path, tmp_path: Path) -> None:
    begun = begin_home(Settings(home=tmp_path / "home", database_url=""), Sources(csv=school / "pairs.csv"))
    assert (begun.rows, begun.pairs) == (len(rows_of(school, "pairs.csv")), len(canonical_questions(school)))
