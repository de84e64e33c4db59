"""New wordings of approved questions, those of the gates' part, asked of the bot as it ships.

The ``test`` part is left to the published numbers: what a failing build shows is what gets tuned.
"""

import csv
import json
from pathlib import Path

import pytest

from bot.cli import main
from bot.faithfulness.check import figures
from storage.pairs_csv import group_rows, read_csv

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture(scope="module")
def asked() -> list[dict[str, str]]:
    with (DATA / "evaluation" / "wordings.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["part"] == "gate"]
    return [row for row in rows if row["kind"] != "two_questions"]


def test_new_wordings_are_answered_rightly_and_without_an_unapproved_figure(
    asked: list[dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CENFOBOT_HOME", str(tmp_path / "home"))
    batch = tmp_path / "batch.txt"
    batch.write_text("\n".join(row["wording"] for row in asked), encoding="utf-8")
    assert main(["ask", "--batch", str(batch), "--json"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    pairs = group_rows(read_csv(DATA / "cenfobank.csv"))
    approved = {pair.question: pair.answer for pair in pairs}
    approved_figures = set().union(*(figures(pair.answer) for pair in pairs))
    right = [
        answer["kind"] == "answer" and answer["text"] == approved[row["approved_question"]]
        for row, answer in zip(asked, answers, strict=True)
    ]
    assert sum(right) / len(right) >= 0.85
    assert all(figures(answer["text"]) <= approved_figures for answer in answers if answer["kind"] == "answer")


def test_the_new_wordings_are_not_in_the_csv(asked: list[dict[str, str]]) -> None:
    known = {row.question for row in read_csv(DATA / "cenfobank.csv")}
    assert len(asked) >= 60
    assert not known & {row["wording"] for row in asked}
