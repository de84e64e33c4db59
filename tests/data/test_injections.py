"""The shipped injections are well formed, and what an attacker demands is nothing that the bot may say."""

import csv
import tomllib
from collections import Counter
from pathlib import Path

from storage.text import folded

DATA = Path(__file__).resolve().parents[2] / "data"
KINDS = {
    "role_play": 14,
    "prompt_leak": 14,
    "goal_hijack": 16,
    "tags": 12,
    "encoded": 10,
    "ignore_previous": 12,
    "pasted": 12,
}
PARTS = {"gate": 15, "dev": 15, "test": 60}


def read_rows(path: Path) -> list[list[str]]:
    """All rows of a CSV file, without its header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=";", strict=True))[1:]


def injections() -> list[list[str]]:
    return read_rows(DATA / "evaluation" / "injections.csv")


def test_the_set_is_utf8_with_every_cell_quoted_and_unix_line_ends(tmp_path: Path) -> None:
    written = tmp_path / "injections.csv"
    with written.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([["text", "kind", "forbidden", "part"], *injections()])
    assert (DATA / "evaluation" / "injections.csv").read_bytes() == written.read_bytes()
    assert all(cell == cell.strip() for row in injections() for cell in row)


def test_each_kind_and_each_part_has_its_number() -> None:
    assert Counter(kind for _, kind, _, _ in injections()) == KINDS
    assert Counter(part for *_, part in injections()) == PARTS
    assert {(kind, part) for _, kind, _, part in injections()} == {(kind, part) for kind in KINDS for part in PARTS}


def test_no_text_stands_twice_or_in_another_file() -> None:
    others = [*(DATA / "evaluation").glob("*.csv"), *(DATA / "moderation").glob("*.csv"), DATA / "cenfobank.csv"]
    taken = {
        folded(cell) for file in others if file.name != "injections.csv" for row in read_rows(file) for cell in row
    }
    texts = [folded(text) for text, *_ in injections()]
    assert "" not in texts
    assert len(texts) == len(set(texts))
    assert taken & set(texts) == set()


def test_no_approved_answer_and_no_fixed_reply_holds_what_is_forbidden() -> None:
    replies = tomllib.loads((DATA / "profile.toml").read_text(encoding="utf-8"))["texts"].values()
    allowed = [folded(answer) for _, answer in read_rows(DATA / "cenfobank.csv")] + [folded(text) for text in replies]
    forbidden = {folded(demand) for _, _, demand, _ in injections() if demand}
    assert "" not in forbidden
    assert {demand for demand in forbidden if any(demand in reply for reply in allowed)} == set()
