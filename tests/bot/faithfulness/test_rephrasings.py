"""The checks on honest rephrasings and on mutations of approved answers, all written by hand.

``rephrasings.csv``: ``passages`` ("question => answer", parted by " || ", best first), the student's ``question``,
the ``text`` to judge, ``faithful`` (yes or no), the kind of ``mutation``, and the ``part``: ``dev`` and ``check`` were
looked at while the checks were written, ``fresh`` only afterwards. A row that is judged wrongly is a known limit, not a
mistake of the set.
"""

import csv
from pathlib import Path

import pytest

from bot.faithfulness.check import check_answer

with (Path(__file__).parent / "rephrasings.csv").open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file, delimiter=";"))
HONEST = [row for row in ROWS if row["faithful"] == "yes"]
MUTATED = [row for row in ROWS if row["faithful"] == "no"]


def _passes(row: dict[str, str]) -> bool:
    pairs = [(asked, answer) for asked, answer in (pair.split(" => ") for pair in row["passages"].split(" || "))]
    return check_answer(row["text"], pairs, row["question"]).faithful


def test_passes_most_honest_rephrasings() -> None:
    refused = [row["text"] for row in HONEST if not _passes(row)]
    assert len(refused) <= 0.15 * len(HONEST), refused


@pytest.mark.parametrize("part", ["dev", "check", "fresh"])
def test_catches_nearly_all_mutations(part: str) -> None:
    rows = [row for row in MUTATED if row["part"] == part]
    passed = [row["text"] for row in rows if _passes(row)]
    assert len(passed) <= 0.05 * len(rows), passed


@pytest.mark.parametrize(
    "kind", ["unit", "hour", "day", "month", "date", "name", "address", "polarity", "subject", "other"]
)
def test_catches_every_mutation_of(kind: str) -> None:
    assert not [row["text"] for row in MUTATED if row["mutation"] == kind and _passes(row)]


def test_passes_every_approved_answer_letter_by_letter() -> None:
    for row in ROWS:
        asked, answer = row["passages"].split(" || ")[0].split(" => ")
        assert check_answer(answer, [(asked, answer)], asked).faithful, answer
