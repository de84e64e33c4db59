"""The README's table of measures, made from ``benchmarks/evaluation.json``.

Run ``make table`` (``python -m training.reporting.readme``) after that file changed; ``cenfobot-train evaluate
--readme README.md`` measures, writes the file, and does the same.
"""

import re
from pathlib import Path

from bot.errors import DataError
from bot.settings import PROJECT
from training.reporting.tables import Table

BEGIN, END = "<!-- evaluation:begin -->", "<!-- evaluation:end -->"
PUBLISHED = Path("benchmarks") / "evaluation.json"
"""The committed measures, beside the README."""
TOLD_APART = ("served.right", "served.unsafe_recall", "schools.right_pair")
"""Measures that the README shows for each kind, too; the file has all of them."""


def block(table: Table) -> str:
    """What stands between the marks, and the marks."""
    shown = table.with_kinds_of(TOLD_APART)
    return f"{BEGIN}\n`{table.model}`, part `{table.part}`:\n\n{shown.as_markdown()}{END}"


def publish(table: Table, readme: Path) -> Path:
    """Writes the measures beside the README and its table anew; returns the file of the measures.

    Raises:
        DataError: the README lacks the marks.
    """
    file = readme.parent / PUBLISHED
    file.parent.mkdir(exist_ok=True)
    file.write_text(table.as_json(), encoding="utf-8")
    rewrite(readme)
    return file


def rewrite(readme: Path) -> None:
    """Makes the README's table anew from the file beside it.

    Raises:
        DataError: the README lacks the marks.
    """
    table = Table.read((readme.parent / PUBLISHED).read_text(encoding="utf-8"))
    text, found = re.subn(
        f"{BEGIN}.*?{END}", lambda _: block(table), readme.read_text(encoding="utf-8"), count=1, flags=re.DOTALL
    )
    if not found:
        raise DataError(f"{readme} must hold {BEGIN} and, below it, {END}; the table stands between. Add both lines.")
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    rewrite(PROJECT / "README.md")
