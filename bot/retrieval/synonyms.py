"""The table of words that mean the same in students' questions: ``group;word``, kept by staff.

A text is rewritten word by word, the longest phrase first, so that "cuánto sale" and "mensualidad"
both become the key of their group. Whole words only; accents and case do not count.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.errors import DataError
from storage.text import folded

HEADER = ["group", "word"]


class Synonyms:
    """Which words and phrases stand for which group. Immutable."""

    def __init__(self, keys: dict[str, str]) -> None:
        """``keys`` takes a folded word or phrase to its group's key."""
        self._keys = keys
        self._longest: dict[str, int] = {}
        """The number of words of the longest phrase that begins with a word."""
        for phrase in keys:
            first, *rest = phrase.split(" ")
            self._longest[first] = max(self._longest.get(first, 0), 1 + len(rest))

    @classmethod
    def read(cls, path: Path) -> "Synonyms":
        """The table in ``path``: UTF-8, separated by ``;``, one word or phrase a row.

        A group's name belongs to the group without a row of its own.

        Raises:
            DataError: the file cannot be read or a row breaks a rule; names the line, the rule and the value.
        """
        try:
            rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=";", strict=True))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise DataError(
                f"{path} cannot be read: {error}. It must be UTF-8 text, separated by ';'. Save it so, or restore it."
            ) from error
        if not rows or rows[0] != HEADER:
            raise _broken(path, 1, "the header must be 'group;word'", rows[0] if rows else [], "Write it so.")
        return cls(_keys(path, rows[1:]))

    def canonical(self, text: str) -> str:
        """``text`` folded, every word or phrase of a group replaced by the group's key.

        A key of several words is joined by ``_``, so that it stays one word and is never met by accident.
        """
        # Twice: "q dias" becomes "que dias", a phrase of the timetable.
        return " ".join(self._replaced(list(self._replaced(folded(text).split()))))

    def _replaced(self, words: list[str]) -> Iterator[str]:
        start = 0
        while start < len(words):
            for length in range(self._longest.get(words[start], 0), 0, -1):
                key = self._keys.get(" ".join(words[start : start + length]))
                if key is not None:
                    yield key
                    start += length
                    break
            else:
                yield words[start]
                start += 1


def _keys(path: Path, rows: Iterable[list[str]]) -> dict[str, str]:
    keys: dict[str, str] = {}
    for line, row in enumerate(rows, start=2):
        if len(row) != 2 or not all(folded(value) for value in row):
            raise _broken(path, line, "a row has a group and a word", row, "Write 'group;word' or delete the line.")
        group = folded(row[0]).replace(" ", "_")
        for phrase in map(folded, row):
            other = keys.setdefault(phrase, group)
            if other != group:
                rule = f"a word belongs to one group, but {phrase!r} is in {other!r} and in {group!r}"
                raise _broken(path, line, rule, row, "Delete it from one of them.")
    return keys


def _broken(path: Path, line: int, rule: str, row: list[str], remedy: str) -> DataError:
    return DataError(f"{path}, line {line}: {rule}; found {';'.join(row)!r}. {remedy}")
