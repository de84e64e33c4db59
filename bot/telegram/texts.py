"""Texts as Telegram counts and shows them: UTF-16 units, styles as entities, messages of at most 4096 units.

A text is sent with entities and never as markup, so that nothing in it can break. It is cut at paragraphs, else at
lines, sentences, words; never inside what a reader takes for one character.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

LIMIT = 4096
"""UTF-16 units of a message."""
_BREAKS = tuple(re.compile(pattern) for pattern in (r"\n\s*\n", r"\n", r"(?<=[.!?…])[)»”\"']?\s", r"\s"))
_FULL_ENOUGH = 0.25
"""A break counts if it lies behind this share of the limit: a message of one line before a long one looks torn."""
_JOINER = "\u200d"
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
_TAGS = ("\U000e0020", "\U000e007f")
_FLAG_LETTERS = ("\U0001f1e6", "\U0001f1ff")


@dataclass(frozen=True)
class Style:
    """A stretch of a text that looks different. Offset and length in UTF-16 units."""

    type: str
    """The Bot API's: bold, italic, blockquote, …"""
    offset: int
    length: int


@dataclass(frozen=True)
class StyledText:
    """A text with its styles; ``+`` joins it with others and with plain texts."""

    text: str
    styles: tuple[Style, ...] = ()

    def __add__(self, other: "StyledText | str") -> "StyledText":
        added = StyledText(other) if isinstance(other, str) else other
        moved = (replace(style, offset=style.offset + units(self.text)) for style in added.styles)
        return StyledText(self.text + added.text, (*self.styles, *moved))

    def __radd__(self, other: str) -> "StyledText":
        return StyledText(other) + self

    def payload(self) -> dict[str, Any]:
        """The parameters ``text`` and, if there are any, ``entities``."""
        entities = [{"type": style.type, "offset": style.offset, "length": style.length} for style in self.styles]
        return {"text": self.text} | ({"entities": entities} if entities else {})


def bold(text: str) -> StyledText:
    """The text in bold."""
    return _styled("bold", text)


def italic(text: str) -> StyledText:
    """The text in italics."""
    return _styled("italic", text)


def _styled(kind: str, text: str) -> StyledText:
    return StyledText(text, (Style(kind, 0, units(text)),) if text else ())


def units(text: str) -> int:
    """The text's length in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, limit: int = LIMIT) -> list[str]:
    """The text in pieces of at most ``limit`` units (2 or more), without the space around them; none for a blank."""
    return [text[start:end] for start, end in _spans(text, limit)]


def split_styled(text: StyledText, limit: int = LIMIT) -> list[StyledText]:
    """The same for a styled text: a style that goes over a cut goes on in the next piece."""
    pieces = []
    for start, end in _spans(text.text, limit):
        piece = text.text[start:end]
        first, length = units(text.text[:start]), units(piece)
        pieces.append(StyledText(piece, tuple(_clipped(text.styles, first, length))))
    return pieces


def _clipped(styles: tuple[Style, ...], first: int, length: int) -> Iterator[Style]:
    for style in styles:
        start = max(style.offset - first, 0)
        end = min(style.offset + style.length - first, length)
        if start < end:
            yield Style(style.type, start, end - start)


def _spans(text: str, limit: int) -> Iterator[tuple[int, int]]:
    """Where the pieces begin and end, in characters."""
    start, end = 0, len(text.rstrip())
    while start < end:
        if text[start].isspace():
            start += 1
            continue
        cut = _cut(text[start:end], limit)
        yield start, start + len(text[start : start + cut].rstrip())
        start += cut


def _cut(text: str, limit: int) -> int:
    """How many characters the first piece of the text takes."""
    window = text[: limit + 1]  # no more characters than units fit in
    fitting = sum(1 for total in accumulate(map(units, window)) if total <= limit)
    if fitting == len(text):
        return fitting
    for pattern in _BREAKS:
        # The space behind a piece is cut off, so it may lie outside of the limit.
        found = [match.end() for match in pattern.finditer(text, 0, fitting + 1) if match.start() > 0]
        if found and found[-1] >= fitting * _FULL_ENOUGH:
            return found[-1]
    return _whole_characters(text, fitting)


def _whole_characters(text: str, cut: int) -> int:
    """The last place at or before ``cut`` that is inside of no emoji and of no accented letter, if there is one."""
    place = cut
    while place > 0 and _is_joined(text, place):
        place -= 1
    return place or cut


def _is_joined(text: str, place: int) -> bool:
    """Whether the characters before and after the place are shown as one."""
    after = text[place]
    if unicodedata.category(after).startswith("M") or after == _JOINER or text[place - 1] == _JOINER:
        return True
    if _SKIN_TONES[0] <= after <= _SKIN_TONES[1] or _TAGS[0] <= after <= _TAGS[1]:
        return True
    flags = len(text[:place]) - len(text[:place].rstrip("".join(map(chr, range(0x1F1E6, 0x1F200)))))
    return _FLAG_LETTERS[0] <= after <= _FLAG_LETTERS[1] and flags % 2 == 1
