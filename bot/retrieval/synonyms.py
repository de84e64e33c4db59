"""The table of words that mean the same in students' questions: ``group;word``, kept by staff.

A text is rewritten word by word, the longest phrase first, so that "cuánto sale" and "mensualidad"
both become the key of their group. Whole words only; accents and case do not count.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.tables import Row, broken, read_table
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
        return cls(_keys(path, read_table(path, HEADER, row_is="a group and a word")))

    def canonical(self, text: str) -> str:
        """``text`` folded, ñ as n, every word or phrase of a group replaced by the group's key.

        A key of several words is joined by ``_``, so that it stays one word and is never met by accident.
        """
        # Twice: "q dias" becomes "que dias", a phrase of the timetable.
        return " ".join(self._replaced(list(self._replaced(_plain(text).split()))))

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


def _plain(text: str) -> str:
    """``text`` folded, and ñ as n: many keyboards have none, and "ano" must find "año"."""
    return folded(text).replace("ñ", "n")


def _keys(path: Path, rows: Iterable[Row]) -> dict[str, str]:
    keys: dict[str, str] = {}
    for line, row in rows:
        group = _plain(row[0]).replace(" ", "_")
        for phrase in map(_plain, row):
            other = keys.setdefault(phrase, group)
            if other != group:
                rule = f"a word belongs to one group, but {phrase!r} is in {other!r} and in {group!r}"
                raise broken(path, line, rule, row, "Delete it from one of them.")
    return keys
