"""Buttons below a message, as the Bot API writes them, and what a press on one says.

A button's data is words and numbers between colons, as ``fb:+:45``, in at most 64 bytes. Whoever gets it has to check
what it says: a press can be made up.
"""

from collections.abc import Sequence
from typing import Any

from bot.telegram.texts import split, units

Button = dict[str, str]
_MOST_BYTES = 64
_MOST_UNITS = 60
"""Of a button's text, in UTF-16: more than that no phone shows."""
_MOST_DIGITS = 18
"""What a database takes as a number."""


def button(text: str, *data: str | int) -> Button:
    """A button that sends ``data``, its first part being the verb.

    Raises:
        ValueError: the data is longer than Telegram takes, or has a colon inside of a part.
    """
    written = ":".join(str(part) for part in data)
    if len(written.encode()) > _MOST_BYTES or written.count(":") >= len(data):
        raise ValueError(f"A button's data has at most {_MOST_BYTES} bytes and no colon in a part, not {written!r}.")
    return {"text": shortened(text), "callback_data": written}


def keyboard(*rows: Sequence[Button]) -> dict[str, Any]:
    """The value of ``reply_markup`` with these rows of buttons; with none, an edit takes the buttons away."""
    return {"inline_keyboard": [list(row) for row in rows if row]}


def parts(data: str) -> list[str]:
    """What a press says: the verb, then the rest."""
    return data.split(":")


def number(part: str) -> int | None:
    """A part as the number of something; None where it is none that a button of ours can hold."""
    return int(part) if part.isascii() and part.isdigit() and len(part) <= _MOST_DIGITS else None


def shortened(text: str, most: int = _MOST_UNITS) -> str:
    """The text on one line, cut at a word where it is longer than ``most`` UTF-16 units."""
    line = " ".join(text.split())
    if units(line) <= most:
        return line
    words = line.split(" ")
    while len(words) > 1 and units(" ".join(words)) >= most:
        words.pop()
    return f"{split(' '.join(words), most - 1)[0]}…"
