"""The approved pairs as a CSV for spreadsheets, in which no cell is taken for a formula.

It is made to be read, not to be put in the place of the CSV in service: its guarded cells hold one character more.
"""

import csv
from collections.abc import Iterable
from pathlib import Path

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that spreadsheets compute: a student's text could run commands on the reader's machine."""


def guarded(cell: str) -> str:
    """``cell``, behind an apostrophe where a spreadsheet would compute it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def export_spreadsheet(path: Path, rows: Iterable[tuple[str, str]]) -> None:
    """Writes a new file with these (question, answer) rows; the byte order mark tells Excel that it is UTF-8.

    Raises:
        FileExistsError: there is a file; it is untouched.
        OSError: the file cannot be written.
    """
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(["question", "answer"])
        writer.writerows((guarded(question), guarded(answer)) for question, answer in rows)
