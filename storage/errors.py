"""Every error that storage raises, as a tree.

::

    StorageError
    ├── DatabaseError   the database cannot be reached, opened, migrated or written
    ├── CsvError        a CSV of pairs breaks its format; carries every fault in .faults
    ├── BadText         a question or an answer that could not be written to the CSV
    ├── UnknownId       there is no such row, or it is not in the state that the call needs
    ├── WordingTaken    a wording already belongs to another active pair; says which
    ├── NameTaken       a staff member of this name has an account already
    └── Locked          another process does what only one may do at a time

A message says what was wrong, the rule, the value received, and what to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_SHOWN = 20


class StorageError(Exception):
    """Base of storage's own errors; its text is fit for a terminal."""


class DatabaseError(StorageError):
    """The database cannot be reached, opened, migrated or written."""


@dataclass(frozen=True, slots=True)
class CsvFault:
    """One place where a CSV of pairs breaks a rule."""

    line: int
    """The physical line where the row starts, from 1."""
    rule: str
    """What was wrong."""
    value: str
    """What was found there, shortened, as Python writes it."""
    remedy: str
    """What to do."""

    def __str__(self) -> str:
        return f"line {self.line}: {self.rule}; found {self.value}. {self.remedy}"


class CsvError(StorageError):
    """A CSV of pairs breaks its format. The text shows the first faults, ``faults`` holds them all."""

    def __init__(self, name: str, faults: Sequence[CsvFault]) -> None:
        self.faults = tuple(faults)
        shown = [str(fault) for fault in self.faults[:_SHOWN]]
        if len(self.faults) > _SHOWN:
            shown.append(f"and {len(self.faults) - _SHOWN} more.")
        super().__init__("\n  ".join([f"{name} cannot be used, {len(self.faults)} fault(s):", *shown]))


class BadText(StorageError):
    """A question or an answer that could not be written to the CSV and read back."""


class UnknownId(StorageError):
    """There is no such row, or it is not in the state that the call needs."""


class WordingTaken(StorageError):
    """A wording already belongs to another active pair: one question cannot have two answers."""

    def __init__(self, wording: str, *, question: str, pair_id: int | None) -> None:
        self.wording = wording
        self.question = question
        """The other pair's canonical question."""
        self.pair_id = pair_id
        """The other pair's id; None when both come in the same import."""
        other = f"pair {pair_id}" if pair_id else "another pair of the same import"
        super().__init__(
            f"The wording {wording!r} already belongs to {other}, {question!r}; a wording has one approved answer. "
            "Edit that pair, retire it, or choose another wording."
        )


class NameTaken(StorageError):
    """A staff member of this name has an account already."""


class Locked(StorageError):
    """Another process does what only one may do at a time."""
