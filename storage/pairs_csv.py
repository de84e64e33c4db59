"""The CSV of pairs (separator ``;``, columns ``question;answer``, UTF-8): read, checked whole, written atomically.

Every bad row is named, with its line, the rule, the value and the remedy. What passes is read to the same cells by
``datasets.load_dataset("csv", sep=";")``.
"""

import csv
import hashlib
import io
import os
import secrets
import shutil
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from storage.errors import CsvError, CsvFault, StorageError
from storage.pair_text import CELL_LIMIT, broken_rule, excerpt
from storage.text import folded

_HEADER = ["question", "answer"]
_ROW_LIMIT = 4 * CELL_LIMIT + 100
"""Characters of a row: two cells in which every character is a doubled quote."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row, and the physical line where it starts."""

    line: int
    question: str
    answer: str


@dataclass(frozen=True)
class CsvPair:
    """One answer with all its questions; the first one in the file is the canonical one."""

    question: str
    answer: str
    wordings: tuple[str, ...] = ()
    """The other questions, in the file's order."""


def read_csv(path: Path) -> list[CsvRow]:
    """The file's rows in order; a million take tens of seconds.

    Raises:
        CsvError: rows break a rule; carries one fault for each.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return read_rows(file, str(path))


def read_rows(file: BinaryIO, name: str) -> list[CsvRow]:
    """As :func:`read_csv`, from an open file that ``name`` stands for in the error."""
    faults: list[CsvFault] = []
    lines = _Lines(file, faults)
    header = next(_cells(lines, faults), (1, []))
    if not faults and header[1] != _HEADER:
        faults.append(_header_fault(*header))
    if faults:  # without its columns, no row can be judged
        raise CsvError(name, faults)
    rows = _checked_rows(_cells(lines, faults), faults)
    if faults:
        raise CsvError(name, sorted(faults, key=lambda fault: fault.line))
    return rows


def group_rows(rows: Iterable[CsvRow]) -> list[CsvPair]:
    """One pair for each answer, letter by letter, in the order of its first row."""
    questions: dict[str, list[str]] = {}
    for row in rows:
        questions.setdefault(row.answer, []).append(row.question)
    return [CsvPair(first, answer, tuple(others)) for answer, (first, *others) in questions.items()]


def render_csv(rows: Iterable[tuple[str, str]]) -> bytes:
    """The file's content for these (question, answer) rows; :func:`check_csv` says whether it is one."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(rows)
    return text.getvalue().encode()


def check_csv(content: bytes, rows: Sequence[tuple[str, str]], name: str) -> None:
    """Makes sure that the content will be read as these rows; ``name`` stands for the file in the error.

    Raises:
        CsvError: the rows break a rule of the format.
        StorageError: other rows would be read.
    """
    if [(row.question, row.answer) for row in read_rows(io.BytesIO(content), f"The new {name}")] != list(rows):
        raise StorageError(f"{name} was not written: read back, the rows differ. Tidy their line breaks.")


def write_csv(path: Path, rows: Iterable[tuple[str, str]]) -> str:
    """Replaces the file by these (question, answer) rows, all or nothing, and returns its SHA-256.

    Raises:
        CsvError, StorageError: as for :func:`check_csv`; the file is untouched.
        OSError: the file cannot be written.
    """
    rows = list(rows)
    content = render_csv(rows)
    check_csv(content, rows, path.name)
    return replace_csv(path, content)


def replace_csv(path: Path, content: bytes, *, before: str | None = None) -> str:
    """Replaces the file, or the one with the hash ``before`` and no other, all or nothing; returns the new SHA-256.

    The content is on the disk and was read back before it takes the name.

    Raises:
        StorageError: the file is not the one with the hash ``before``, or the disk gives back something else.
        OSError: the file cannot be written.
    """
    path = path.resolve()  # a link stays one
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        digest = csv_sha256(draft)
        if digest != hashlib.sha256(content).hexdigest():
            raise StorageError(f"{path} was not written: read back, the new content differs. Check the disk.")
        if before is not None and csv_sha256(path) != before:
            raise StorageError(f"{path} was saved by somebody else meanwhile, and was left as it is. Try again.")
        if path.exists():
            shutil.copymode(path, draft)  # who may edit it stays as it was
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the new name, too, must survive a power cut
    finally:
        os.close(folder)
    return digest


def csv_sha256(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Lines:
    """The file's physical lines as text, with their numbers; lines can be given back to be read again."""

    def __init__(self, file: BinaryIO, faults: list[CsvFault]) -> None:
        self._file = file
        self._faults = faults
        self._again: deque[tuple[int, str]] = deque()
        self._number = 0
        self._bytes = 0

    def take(self) -> tuple[int, str] | None:
        """The next (number, line), the line with its ending; None at the end."""
        if self._again:
            return self._again.popleft()
        raw = self._file.readline()
        if not raw:
            return None
        self._number += 1
        try:
            line = raw.decode("utf-8-sig" if self._number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            rule = f"the text is not UTF-8 at byte {self._bytes + error.start} of the file"
            remedy = "Save the file as 'CSV UTF-8'."
            self._faults.append(CsvFault(self._number, rule, excerpt(raw[error.start : error.start + 12]), remedy))
            line = raw.decode("utf-8", errors="replace")
        self._bytes += len(raw)
        return self._number, line

    def give_back(self, lines: Iterable[tuple[int, str]]) -> None:
        self._again.extendleft(reversed(list(lines)))


def _cells(lines: _Lines, faults: list[CsvFault]) -> Iterator[tuple[int, list[str]]]:
    """Each row's first line and cells. After a row that does not parse, reading goes on at the line after its first."""
    while first := lines.take():
        taken = [first]
        size, open_quote = len(first[1]), first[1].count('"') % 2
        while open_quote and size <= _ROW_LIMIT and (more := lines.take()):
            taken.append(more)
            size, open_quote = size + len(more[1]), (open_quote + more[1].count('"')) % 2
        text = "".join(line for _, line in taken).replace("\r\n", "\n")
        try:
            if open_quote:
                raise csv.Error("a quotation mark is opened and not closed")
            rows = list(csv.reader([text], delimiter=";", strict=True))
        except csv.Error as error:
            remedy = 'Put the cell between "…" and double each quotation mark inside it; end the row with a line feed.'
            faults.append(CsvFault(first[0], f"the row is not CSV: {error}", excerpt(first[1].rstrip("\r\n")), remedy))
            lines.give_back(taken[1:])
            continue
        if rows and rows[0]:  # blank lines are skipped, as pandas does
            yield first[0], rows[0]


def _header_fault(line: int, cells: list[str]) -> CsvFault:
    rule, remedy = "the columns must be question;answer", "Make question;answer the first line."
    for mark, name in ((",", "a comma"), ("\t", "a tab")):
        if len(cells) == 1 and mark in cells[0]:
            rule, remedy = f"the cells are separated by {name}", "Save the file with ';' as separator."
    return CsvFault(line, rule, excerpt(";".join(cells)), remedy)


def _checked_rows(rows: Iterable[tuple[int, list[str]]], faults: list[CsvFault]) -> list[CsvRow]:
    good: list[CsvRow] = []
    by_folding: dict[str, CsvRow] = {}
    seen: set[str] = set()
    answers: dict[str, str] = {}  # one copy of each: many rows share an answer
    for line, cells in rows:
        if len(cells) != 2:
            count, remedy = f"the row has {len(cells)} cell(s), not 2", 'Put a cell that holds a ; between "…".'
            faults.append(CsvFault(line, count, excerpt(";".join(cells)), remedy))
            continue
        broken = [
            CsvFault(line, rule[0], excerpt(cell), rule[1])
            for cell, is_question in zip(cells, (True, False), strict=True)
            if (rule := broken_rule(cell, question=is_question))
        ]
        row = CsvRow(line, cells[0], answers.setdefault(cells[1], cells[1]))
        first = by_folding.setdefault(folded(row.question), row)
        if broken:
            pass
        elif first.answer != row.answer:
            clash = f"the question of line {first.line} again, with another answer"
            broken = [CsvFault(line, clash, excerpt(row.question), "Keep one of the two answers.")]
        elif row.question in seen:
            broken = [CsvFault(line, "the same row twice", excerpt(row.question), "Delete one of the lines.")]
        seen.add(row.question)
        faults += broken
        good.append(row)
    return good
