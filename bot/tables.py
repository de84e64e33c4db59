"""Tables that staff keep: UTF-8, separated by ``;``, a header, every cell filled."""

import csv
from collections.abc import Sequence
from pathlib import Path

from bot.errors import DataError
from storage.text import folded

Row = tuple[int, list[str]]
"""(line, cells)"""


def read_table(path: Path, header: Sequence[str], *, row_is: str) -> list[Row]:
    """The rows of ``path`` below its header; ``row_is`` says in words what a row has, for the error.

    Raises:
        DataError: the file cannot be read or a row breaks a rule; names the line, the rule and the value.
    """
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=";", strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{path} cannot be read: {error}. It must be UTF-8 text, separated by ';'. Save it so, or restore it."
        ) from error
    names = ";".join(header)
    if not rows or rows[0] != list(header):
        raise broken(path, 1, f"the header must be {names!r}", rows[0] if rows else [], "Write it so.")
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(header) or not all(folded(cell) for cell in row):
            raise broken(path, line, f"a row has {row_is}", row, f"Write {names!r} or delete the line.")
    return list(enumerate(rows[1:], start=2))


def broken(path: Path, line: int, rule: str, row: Sequence[str], remedy: str) -> DataError:
    """The error for a row that breaks ``rule``."""
    return DataError(f"{path}, line {line}: {rule}; found {';'.join(row)!r}. {remedy}")
