"""The CSV files of the evaluation sets: which there are, their columns, and their rows."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import DataError

Row = dict[str, str]
"""The cells by their columns."""


@dataclass(frozen=True)
class Format:
    """What one file looks like."""

    columns: tuple[str, ...]
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The values of a column that has a fixed set of them."""
    may_be_empty: frozenset[str] = frozenset()
    """Columns whose cells may be without text."""


_PARTS = ("gate", "dev", "test")
_SCOPES = ("far", "near")
WORDING_KINDS = ("plain", "abbreviations", "typos", "one_word", "long", "peruvian", "two_questions", "english_mixed")
FORMATS: Mapping[str, Format] = {
    "wordings.csv": Format(("wording", "approved_question", "kind", "part"), {"kind": WORDING_KINDS, "part": _PARTS}),
    "follow_ups.csv": Format(("conversation", "turn", "text", "approved_question", "part"), {"part": _PARTS}),
    "out_of_scope.csv": Format(("question", "kind", "part"), {"kind": _SCOPES, "part": _PARTS}),
    "unsafe.csv": Format(("question", "category", "part"), {"part": _PARTS}),
    "injections.csv": Format(
        ("text", "kind", "forbidden", "part"), {"part": _PARTS}, may_be_empty=frozenset({"forbidden"})
    ),
}
"""The sets about one school, by file name (``data/README.md`` says what the columns hold)."""
_MERGED, _WITHOUT_KIND = (
    ("dev_wordings.csv", "new_wordings.csv"),
    ("wording", "approved_question", "part"),
)  # TODO: remove with the two files, and with the lines below that use them
OTHER_SCHOOL: Mapping[str, Format] = {
    "wordings.csv": Format(("wording", "approved_question")),
    "out_of_scope.csv": Format(("question", "kind"), {"kind": _SCOPES}),
}
"""The sets in the folder of another school, beside its ``pairs.csv``."""


def read_folder(folder: Path) -> dict[str, list[Row]]:
    """The rows of each set in ``folder`` by the file's name; nothing where there is no folder.

    Raises:
        DataError: a file is not one of the sets or breaks its format; says where, the rule and what was found.
    """
    files = [file for file in sorted(folder.glob("*.csv")) if file.name not in _MERGED]
    if unknown := [file.name for file in files if file.name not in FORMATS]:
        raise DataError(f"{folder} holds {', '.join(unknown)}; an evaluation set is named {' or '.join(FORMATS)}.")
    return {file.name: read_rows(file, FORMATS[file.name]) for file in files}


def read_rows(file: Path, form: Format) -> list[Row]:
    """The rows of one file, in its order.

    Raises:
        DataError: as for :func:`read_folder`, or there is no such file.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.reader(opened, delimiter=";", strict=True)
            rows = [(reader.line_num, tuple(cells)) for cells in reader if cells]
    except FileNotFoundError as error:
        raise DataError(f"There is no {file}. It holds {';'.join(form.columns)}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file} is no CSV in UTF-8: {error}. Save it as 'CSV UTF-8' with ; as separator.") from error
    if rows and rows[0][1] == _WITHOUT_KIND and file.name == "wordings.csv" and "data" in file.parts:  # TODO: remove
        rows = [(line, (*cells[:2], "kind" if cells[2] == "part" else "plain", *cells[2:])) for line, cells in rows]
    if not rows or rows[0][1] != form.columns:
        raise DataError(f"{file} must begin with the columns {';'.join(form.columns)}, not {rows[:1]}. Add that line.")
    return [_row(f"{file}, line {line}", cells, form) for line, cells in rows[1:]]


def _row(place: str, cells: tuple[str, ...], form: Format) -> Row:
    row = dict(zip(form.columns, cells, strict=False))
    if len(cells) != len(form.columns) or not all(row[name].strip() for name in row.keys() - form.may_be_empty):
        raise DataError(f"{place}, must hold {len(form.columns)} cells with text, not {list(cells)}. Mend it.")
    for column, allowed in form.allowed.items():
        if row[column] not in allowed:
            raise DataError(f"{place}: {column} must be {' or '.join(allowed)}, not {row[column]!r}. Mend it.")
    return row
