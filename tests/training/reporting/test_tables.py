"""The tables say how sure a share is, and by how much a target is missed; the README's is the committed one."""

from pathlib import Path

import pytest

from bot.errors import DataError
from bot.settings import PROJECT
from training.evaluation.asking import Asked
from training.evaluation.evaluate import Evaluation
from training.reporting.evaluation import as_text, write_evaluation
from training.reporting.readme import BEGIN, END, PUBLISHED, block, publish
from training.reporting.tables import Table

MEASURES = {
    "served.right": 0.5,
    "test.served.right": 0.9,
    "test.served.right:typos": 0.8,
    "test.served.unapproved_figures": 0.01,
    "test.served.unapproved_figures:near": 0.0,
    "test.served.chrf": 91.5,
    "served.decision_ms_p50": 7.25,
}
COUNTS = {"test.served.right": 50, "test.served.right:typos": 10, "test.served.unapproved_figures": 100,
          "test.served.unapproved_figures:near": 5}  # fmt: skip
ANSWERS = [
    Asked("new", part, text, "S/ 2.", "served", "answer" if right else "unknown", "S/ 2.", right, probability=0.7)
    for part in ("gate", "test")
    for text, right in (("precio", True), (f"costo | {part}", False))
] + [Asked(set, "gate", set, "", "served", "unknown", "No sé.", True, probability=0.2) for set in ("far", "near")]
EVALUATION = Evaluation("v0003", "tiny-llama", MEASURES, COUNTS, ANSWERS)


def test_a_row_says_the_interval_and_by_how_much_the_target_is_missed() -> None:
    cells = {row.name: row.cells()[1:] for row in Table.of(EVALUATION, "test").rows}
    assert cells == {
        "served.right": ("90.0 %", "78.6–95.7 %", "50", "≥ 95 %", "no, by 5.0 points"),
        "served.right:typos": ("80.0 %", "49.0–94.3 %", "10", "", ""),
        "served.chrf": ("91.5 of 100", "", "", "", ""),
        "served.unapproved_figures": ("1.0 %", "0.2–5.4 %", "100", "≤ 0 %", "no, by 1.0 points"),
        "served.unapproved_figures:near": ("0.0 %", "0.0–43.4 %", "5", "≤ 0 %", "yes"),
        "served.decision_ms_p50": ("7.25 ms", "", "", "≤ 10 ms", "yes"),
    }


def test_a_table_is_the_same_after_it_was_written_and_read() -> None:
    table = Table.of(EVALUATION, "test")
    assert Table.read(table.as_json()) == table


def test_all_of_it_is_written_into_a_folder(tmp_path: Path) -> None:
    page = write_evaluation(tmp_path, EVALUATION, answer_from=0.4)
    text = page.read_text(encoding="utf-8")
    assert {file.name for file in tmp_path.iterdir()} == {
        "evaluation.md", "gate.json", "test.json", "gate_scope.csv", "gate_scope.png",
    }  # fmt: skip
    assert "| answer | 1 | 1 |" in text  # the decisions
    assert "costo \\| gate" in text  # the worst answers
    assert "costo \\| test" not in text
    assert "costo | gate" in as_text(EVALUATION)
    assert "costo | test" not in as_text(EVALUATION)


def test_the_readme_gets_the_table_between_its_marks_and_nothing_else_changes(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    table = Table.of(EVALUATION, "test")
    assert publish(table, readme) == tmp_path / PUBLISHED
    assert readme.read_text(encoding="utf-8") == f"before\n{block(table)}\nafter\n"
    assert "| – typos | 80.0 % |" in block(table)
    assert "– near" not in block(table)


def test_a_readme_without_marks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("nothing", encoding="utf-8")
    with pytest.raises(DataError, match="the table stands between"):
        publish(Table.of(EVALUATION, "test"), tmp_path / "README.md")


def test_our_readme_shows_what_the_committed_measures_say() -> None:
    table = Table.read((PROJECT / PUBLISHED).read_text(encoding="utf-8"))
    assert block(table) in (PROJECT / "README.md").read_text(encoding="utf-8"), "run: make table"
    assert table.part == "test"
