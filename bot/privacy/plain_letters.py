"""A message as plain lower-case letters, with the place of each in the original.

So a rule can be written once, for plain text, and what it finds can be masked in what the student typed:
full-width or circled digits, accents, odd dashes and spaces, and characters that cannot be seen.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

_DASHES = {"Pd": "-", "Zs": " ", "Zl": "\n", "Zp": "\n"}
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"}
"""Unicode categories of control, format, surrogate, private and unassigned characters, and of marks on others."""


@dataclass(frozen=True)
class PlainLetters:
    """The plain form of a text."""

    plain: str
    starts: tuple[int, ...]
    """Where, in the original, the character stands that each plain one comes from; and at last the original's end."""

    def original(self, span: tuple[int, int]) -> tuple[int, int]:
        """A span (not empty) of the plain form as one of the original; unseen characters after it are part of it."""
        start, end = span
        return self.starts[start], max(self.starts[end], self.starts[end - 1] + 1)


def plain_letters(text: str) -> PlainLetters:
    """``text`` in plain letters; a character may become none, one or several."""
    if text.isascii() and text.isprintable():
        return PlainLetters(text.lower(), tuple(range(len(text) + 1)))
    pieces = [_plain(character) for character in text]
    starts = chain.from_iterable([index] * len(piece) for index, piece in enumerate(pieces))
    return PlainLetters("".join(pieces), (*starts, len(text)))


def replaced(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """``text`` with each (start, end, replacement); spans that overlap are replaced together, once."""
    parts, done = [], 0
    for start, end, replacement in sorted(spans):
        if start >= done:
            parts += [text[done:start], replacement]
        done = max(done, end)
    return "".join([*parts, text[done:]])


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character in "\n\t\r":
        return "\n" if character == "\n" else " "
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character)).lower()
    return "".join(_plain_letter(letter) for letter in letters)


def _plain_letter(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    return "" if category in _UNSEEN else _DASHES.get(category, letter)
