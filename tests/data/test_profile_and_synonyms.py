"""The shipped profile and synonyms hold what the bot reads."""

import csv
import re
import tomllib
import unicodedata
from collections import defaultdict
from dataclasses import fields
from pathlib import Path
from typing import Any

from bot.profile import Texts

DATA = Path(__file__).resolve().parents[2] / "data"
TEXT_KEYS = {field.name for field in fields(Texts)}
"""Staff can edit every text, those with a default, too."""


def folded(text: str) -> str:
    """Return the text in lower case, without accents and punctuation."""
    plain = unicodedata.normalize("NFD", text.lower())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", letters))


def read_rows(name: str) -> list[list[str]]:
    """Return all rows of a CSV file in data/, its header first."""
    with (DATA / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle, delimiter=";", strict=True))


def read_profile() -> dict[str, Any]:
    """Return the tables of profile.toml."""
    return tomllib.loads((DATA / "profile.toml").read_text(encoding="utf-8"))


def test_the_profile_has_exactly_the_documented_tables_and_keys() -> None:
    profile = read_profile()
    assert set(profile) == {"institution", "tone", "texts", "suggested", "help_lines"}
    assert set(profile["institution"]) == {
        "name",
        "full_name",
        "city",
        "topics",
        "sample_data",
    }
    assert profile["institution"]["sample_data"] is True
    assert set(profile["tone"]) == {"system"}
    assert 0 < len(profile["tone"]["system"]) <= 90
    assert set(profile["texts"]) == TEXT_KEYS
    assert all(isinstance(t, str) and t.strip() for t in profile["texts"].values())


def test_the_profile_names_its_limit_and_its_help_lines() -> None:
    profile = read_profile()
    assert "{limit}" in profile["texts"]["too_long"]
    assert "113" in profile["texts"]["self_harm"]
    assert "opción 5" in profile["texts"]["self_harm"]
    assert "Línea 100" in profile["texts"]["abused"]
    assert "105" in profile["texts"]["abused"]
    assert {"113", "106", "100", "105"} <= {line["number"] for line in profile["help_lines"]}
    assert profile["help_lines"]
    for line in profile["help_lines"]:
        assert set(line) == {"name", "number", "when"}
        assert all(isinstance(value, str) and value for value in line.values())


def test_the_synonyms_have_their_header_and_enough_groups() -> None:
    rows = read_rows("synonyms.csv")
    assert rows[0] == ["group", "word"]
    assert all(len(row) == 2 and row[0] and row[1] for row in rows)
    assert 25 <= len({group for group, _ in rows[1:]}) <= 45


def test_no_synonym_stands_in_two_groups() -> None:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    rows = read_rows("synonyms.csv")[1:]
    for group in dict.fromkeys(group for group, _ in rows):
        groups[folded(group)].append(group)
    for group, word in rows:
        groups[folded(word)].append(group)
    assert {w: g for w, g in groups.items() if len(g) > 1} == {}
