"""The three-way merge of a CSV that staff edited by hand with what was approved meanwhile, question by question.

A question is a row's text as :func:`storage.text.folded` leaves it; its rows differ in spelling only and have one
answer. What only one side changed is taken from that side, what both changed to the same is fine, and what both changed
differently is a conflict that people must settle. Nothing here reads or writes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.errors import DataError
from storage.pair_history import PairState
from storage.text import folded

_SHOWN = 5
"""Conflicts named in an error, in full: the difference may be at an answer's end."""


@dataclass(frozen=True)
class Entry:
    """The rows of one question."""

    answer: str
    spellings: frozenset[str]

    def __str__(self) -> str:
        return f"{' / '.join(sorted(self.spellings))!r} → {self.answer!r}"


Table = Mapping[str, Entry]
"""Each question with its entry, in the order of first rows."""


@lru_cache(maxsize=2**18)
def key_of(text: str) -> str:
    """The question that ``text`` asks; remembered, since one fold wants it many times while writers wait."""
    return folded(text)


def table(rows: Iterable[tuple[str, str]]) -> Table:
    """The table of (question, answer) rows in which no question has two answers."""
    answers: dict[str, str] = {}
    spellings: dict[str, set[str]] = {}
    for question, answer in rows:
        key = key_of(question)
        answers[key] = answer
        spellings.setdefault(key, set()).add(question)
    return {key: Entry(answer, frozenset(spellings[key])) for key, answer in answers.items()}


def rows_of(pairs: Iterable[PairState]) -> list[tuple[str, str]]:
    """The pairs' (question, answer) rows."""
    return [(wording, pair.answer) for pair in pairs for wording in pair.wordings]


def merge(bases: Sequence[Table], database: Table, file: Table) -> Table:
    """The table in which both sides' changes are made.

    There are several ``bases`` when it is not known from which version the file was edited (a fold was killed, and
    somebody saved the file before the next): what stands in one of them was not changed by hand, and what the
    database has was changed where one of them has something else.

    Raises:
        DataError: a question was changed on both sides differently; names the texts, and what to do.
    """
    merged = dict(database)
    conflicts: list[str] = []
    for key in dict.fromkeys((*file, *database, *(key for base in bases for key in base))):
        olds, ours, theirs = [base.get(key) for base in bases], database.get(key), file.get(key)
        if theirs == ours or theirs in olds:
            continue
        if any(old != ours for old in olds):
            conflicts.append(f"it was {olds[0] or 'not there'}; the file: {_said(theirs)}; the database: {_said(ours)}")
        elif theirs:
            merged[key] = theirs
        else:
            merged.pop(key, None)
    conflicts += _outdated(merged, bases, database, file)
    if conflicts:
        shown = [f"\n  {text}" for text in conflicts[:_SHOWN]]
        more = f"\n  and {len(conflicts) - _SHOWN} more" if len(conflicts) > _SHOWN else ""
        raise DataError(
            f"{len(conflicts)} question(s) were changed in the CSV by hand and in the database, differently, since the "
            f"last fold. Nothing was changed:{''.join(shown)}{more}\nMake the rows of the file say what the database "
            "says, or the database what the file says (cenfobot pairs edit, add, retire); then fold again."
        )
    return merged


def _said(entry: Entry | None) -> str:
    return str(entry) if entry else "no such row"


def _outdated(merged: Table, bases: Sequence[Table], database: Table, file: Table) -> Iterator[str]:
    """One side gave a question an answer that its other questions have lost by what the other side changed."""
    asked: dict[str, list[str]] = {}
    for key, old in ((key, old) for base in bases for key, old in base.items()):
        asked.setdefault(old.answer, []).append(key)
    for key, entry in merged.items():
        if database.get(key) == file.get(key) or any(entry == base.get(key) for base in bases):
            continue
        side, other, own = ("file", "database", file) if entry == file.get(key) else ("database", "file", database)
        had = [old for old in asked.get(entry.answer, ()) if old in own and own[old].answer == entry.answer]
        if had and not any(old in merged and merged[old].answer == entry.answer for old in had):
            yield f"the {side} has now {entry}; the {other} no longer has this answer, but: {_said(merged.get(had[0]))}"
