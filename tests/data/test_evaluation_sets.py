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
    "wordings.csv": ("wording", "approved_question", "kind", "part"),
    "follow_ups.csv": ("conversation", "turn", "text", "approved_question", "part"),
}
TEXT_COLUMN = {name: 2 if name == "follow_ups.csv" else 0 for name in SETS}
BOTH = " | "
"""Between the approved questions of a message that asks two."""
CATEGORIES = {"insult", "hate", "self_harm", "abused", "sexual", "fraud", "personal_data", "violence", "safe"}
PARTS = ("gate", "dev", "test")
NOT_YET = {("abused", "test")}
"""The part test was closed before that category was there."""
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


def texts_of(name: str) -> list[str]:
    return [row[TEXT_COLUMN[name]] for row in rows_of(name)]


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_utf8_with_every_cell_quoted_and_unix_line_ends(name: str) -> None:
    text = (DATA / "evaluation" / name).read_bytes().decode("utf-8")
    rows = [SETS[name], *rows_of(name)]
    assert text == "".join(";".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    assert all(cell and cell == cell.strip() for row in rows for cell in row)


@pytest.mark.parametrize(
    ("name", "label", "gate", "dev", "test"),
    [
        ("out_of_scope.csv", "far", 60, 469, 100),
        ("out_of_scope.csv", "near", 45, 326, 75),
        ("unsafe.csv", "unsafe", 51, 77, 75),
        ("unsafe.csv", "safe", 26, 37, 40),
        ("wordings.csv", "plain", 53, 113, 131),
        ("wordings.csv", "abbreviations", 23, 52, 47),
        ("wordings.csv", "typos", 8, 8, 24),
        ("wordings.csv", "one_word", 7, 6, 19),
        ("wordings.csv", "long", 12, 8, 26),
        ("wordings.csv", "peruvian", 9, 15, 29),
        ("wordings.csv", "two_questions", 8, 8, 24),
        ("wordings.csv", "english_mixed", 4, 4, 12),
    ],
)
def test_each_kind_has_its_share_in_each_part(name: str, label: str, gate: int, dev: int, test: int) -> None:
    parts = Counter(part for *_, kind, part in rows_of(name) if label_of(name, kind) == label)
    assert [parts[part] for part in PARTS] == [gate, dev, test]


def label_of(name: str, kind: str) -> str:
    """What a row is counted as: the unsafe categories together."""
    return "unsafe" if name == "unsafe.csv" and kind != "safe" else kind


def test_at_least_400_wordings_are_not_for_tuning() -> None:
    assert sum(part != "dev" for *_, part in rows_of("wordings.csv")) >= 400


@pytest.mark.parametrize("name", SETS)
def test_every_row_is_in_a_known_part(name: str) -> None:
    assert {part for *_, part in rows_of(name)} <= set(PARTS)


def test_every_unsafe_category_is_in_every_part() -> None:
    found = {(category, part) for _, category, part in rows_of("unsafe.csv")}
    assert found == {(category, part) for category in CATEGORIES for part in PARTS} - NOT_YET


def test_no_text_stands_in_two_sets_or_twice_in_one() -> None:
    texts = Counter(folded(text) for name in SETS for text in texts_of(name))
    assert {text: count for text, count in texts.items() if count > 1} == {}
    assert "" not in texts


def test_no_text_is_a_wording_of_the_approved_pairs() -> None:
    approved = {folded(question) for question, _ in read_rows(DATA / "cenfobank.csv")}
    assert {text for name in SETS for text in texts_of(name) if folded(text) in approved} == set()


def asked(part: str) -> list[str]:
    """The canonical questions that the wordings of a part ask for, with repetitions."""
    return [
        question
        for _, both, _, row_part in rows_of("wordings.csv")
        if row_part == part
        for question in both.split(BOTH)
    ]


def test_every_canonical_question_is_asked_for_and_nothing_else() -> None:
    assert {question for part in PARTS for question in asked(part)} == set(canonical_questions())


def test_a_wording_asks_two_questions_exactly_when_its_kind_says_so() -> None:
    for _, approved, kind, _ in rows_of("wordings.csv"):
        assert len(set(approved.split(BOTH))) == (2 if kind == "two_questions" else 1), approved


@pytest.mark.parametrize("part", PARTS)
def test_each_part_of_the_wordings_asks_about_the_centre_and_about_banking(part: str) -> None:
    questions = canonical_questions()
    education = questions.index(FIRST_EDUCATION_QUESTION)
    places = [questions.index(question) for question in asked(part)]
    assert min(sum(place < education for place in places), sum(place >= education for place in places)) >= 15


def conversations() -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for row in rows_of("follow_ups.csv"):
        found.setdefault(row[0], []).append(row)
    return found


def test_a_conversation_has_two_to_four_turns_in_order_and_in_one_part() -> None:
    rows = [row for turns in conversations().values() for row in turns]
    assert rows == list(rows_of("follow_ups.csv"))
    for turns in conversations().values():
        assert [row[1] for row in turns] == [str(turn) for turn in range(1, len(turns) + 1)]
        assert 2 <= len(turns) <= 4
        assert len({row[-1] for row in turns}) == 1


def test_sixty_conversations_are_shared_out_among_the_parts() -> None:
    parts = Counter(turns[0][-1] for turns in conversations().values())
    assert [parts[part] for part in PARTS] == [12, 12, 36]


def test_every_turn_names_a_canonical_question() -> None:
    assert {row[3] for row in rows_of("follow_ups.csv")} <= set(canonical_questions())
