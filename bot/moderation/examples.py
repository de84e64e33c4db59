"""The tables in ``data/moderation``: examples by category, words by concept, and rules about concepts."""

from pathlib import Path

from bot.tables import read_table

SAFE = "safe"
"""The category of messages that may sound unsafe and are not."""
ABUSED = "abused"
"""The category of students who suffer violence or abuse, or tell of somebody who does: they are helped, not refused."""
HELPED = ("self_harm", ABUSED)
"""The categories of those who need help."""
CATEGORIES = ("self_harm", ABUSED, "violence", "fraud", "sexual", "hate", "personal_data", "insult")
"""Unsafe ones, and those who need help; gravest first."""


def read_examples(folder: Path) -> list[tuple[str, str]]:
    """(text, category) of all examples: ``safe.csv`` and one file per category.

    Raises:
        DataError: a file cannot be read or a row breaks a rule; names the line.
    """
    files = [folder / f"{category}.csv" for category in (SAFE, *CATEGORIES)]
    rows = [row for file in files for row in read_table(file, ["text", "category"], row_is="a text and its category")]
    return [(text, category) for _, (text, category) in rows]


def read_lexicon(folder: Path) -> list[tuple[str, str]]:
    """(concept, words) of ``lexicon.csv``; raises like :func:`read_examples`."""
    rows = read_table(folder / "lexicon.csv", ["concept", "word"], row_is="a concept and a word or phrase")
    return [(concept, words) for _, (concept, words) in rows]


def read_rules(folder: Path) -> list[tuple[str, tuple[str, ...]]]:
    """(category, concepts in their order) of ``rules.csv``; raises like :func:`read_examples`."""
    rows = read_table(folder / "rules.csv", ["category", "concepts"], row_is="a category and concepts in their order")
    return [(category, tuple(concepts.split())) for _, (category, concepts) in rows]
