"""The shipped evaluation sets are well formed, and no text of theirs stands in two places."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from storage.text import folded

DATA = Path(__file__).resolve().parents[2] / "data"
SETS = {
    "out_of_scope.csv": ("question", "kind", "part"),
    "unsafe.csv": ("question", "category", "part"),
    "wordings.csv": ("wording", "approved_question", "part"),
}
OLDER_SETS = ("new_wordings.csv", "dev_wordings.csv")
CATEGORIES = {"insult", "hate", "self_harm", "sexual", "fraud", "personal_data", "violence", "safe"}
PARTS = ("gate", "dev", "test")
FIRST_EDUCATION_QUESTION = "¿Qué es el sistema financiero?"

Rows = list[tuple[str, ...]]


def read_rows(path: Path) -> Rows:
    """All rows of a CSV file, without its header."""
    with path.open(encoding="utf-8", newline="") as file:
        return [tuple(row) for row in list(csv.reader(file, delimiter=";", strict=True))[1:]]


def rows_of(name: str) -> Rows:
    return read_rows(DATA / "evaluation" / name)


def canonical_questions() -> list[str]:
    """The first wording of each answer, in the order of the file."""
    first: dict[str, str] = {}
    for question, answer in read_rows(DATA / "cenfobank.csv"):
        first.setdefault(answer, question)
    return list(first.values())


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_utf8_with_every_cell_quoted_and_unix_line_ends(name: str) -> None:
    text = (DATA / "evaluation" / name).read_bytes().decode("utf-8")
    rows = [SETS[name], *rows_of(name)]
    assert text == "".join(";".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    assert all(cell and cell == cell.strip() for row in rows for cell in row)


@pytest.mark.parametrize(
    ("name", "label", "gate", "dev", "test"),
    [
        ("out_of_scope.csv", "far", 60, 50, 100),
        ("out_of_scope.csv", "near", 45, 60, 75),
        ("unsafe.csv", "unsafe", 45, 70, 75),
        ("unsafe.csv", "safe", 24, 36, 40),
        ("wordings.csv", "wording", 60, 0, 60),
    ],
)
def test_each_kind_has_its_share_in_each_part(name: str, label: str, gate: int, dev: int, test: int) -> None:
    parts = Counter(part for _, kind, part in rows_of(name) if label_of(name, kind) == label)
    assert [parts[part] for part in PARTS] == [gate, dev, test]


def label_of(name: str, kind: str) -> str:
    """What a row is counted as: the unsafe categories together, and all wordings."""
    if name == "wordings.csv":
        return "wording"
    return "unsafe" if name == "unsafe.csv" and kind != "safe" else kind


@pytest.mark.parametrize("name", SETS)
def test_every_row_is_in_a_known_part(name: str) -> None:
    assert {part for _, _, part in rows_of(name)} <= set(PARTS)


def test_every_unsafe_category_is_in_every_part() -> None:
    found = {(category, part) for _, category, part in rows_of("unsafe.csv")}
    assert found == {(category, part) for category in CATEGORIES for part in PARTS}


def test_no_text_stands_in_two_sets_or_twice_in_one() -> None:
    texts = Counter(folded(row[0]) for name in (*SETS, *OLDER_SETS) for row in rows_of(name))
    assert {text: count for text, count in texts.items() if count > 1} == {}
    assert "" not in texts


def test_no_text_is_a_wording_of_the_approved_pairs() -> None:
    approved = {folded(question) for question, _ in read_rows(DATA / "cenfobank.csv")}
    assert {row[0] for name in SETS for row in rows_of(name) if folded(row[0]) in approved} == set()


def test_each_new_wording_asks_for_another_canonical_question() -> None:
    asked = [approved for _, approved, _ in rows_of("wordings.csv")]
    assert len(set(asked)) == len(asked)
    assert set(asked) <= set(canonical_questions())


@pytest.mark.parametrize("part", ["gate", "test"])
def test_both_parts_of_the_wordings_ask_about_the_centre_and_about_banking(part: str) -> None:
    questions = canonical_questions()
    education = questions.index(FIRST_EDUCATION_QUESTION)
    places = [questions.index(approved) for _, approved, row_part in rows_of("wordings.csv") if row_part == part]
    assert min(sum(place < education for place in places), sum(place >= education for place in places)) >= 15
