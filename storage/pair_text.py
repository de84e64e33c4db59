"""What a question or an answer may hold, wherever it comes from: what staff approve must survive the CSV."""

import re

from storage.text import folded

CELL_LIMIT = 2000
"""Characters of a question or of an answer."""

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]|[\ud800-\udfff]")
_PLAIN = re.compile(r"[A-Za-z0-9]")
"""What folding always keeps; spares most texts the slower question."""
_MISSING = frozenset({"N/A", "n/a", "NA", "<NA>", "#N/A", "#NA", "NULL", "null", "NaN", "nan", "-NaN", "-nan", "None"})
"""What ``datasets`` (pandas) reads as a missing value, quoted or not."""


def tidied(text: str) -> str:
    """``text`` without blanks around it and with line feeds only; web forms send both ends of a line."""
    return text.replace("\r\n", "\n").strip()


def broken_rule(text: str, *, question: bool) -> tuple[str, str] | None:
    """The first rule that ``text`` breaks, in words, with what to do; None when it is fit to be a cell."""
    name = "question" if question else "answer"
    if not text.strip():
        return f"the {name} is empty", f"Write the {name}, or delete the row."
    if len(text) > CELL_LIMIT:
        return f"the {name} has {len(text)} characters, more than {CELL_LIMIT}", f"Shorten the {name}."
    if control := _CONTROL.search(text):
        return (
            f"the {name} holds the control character U+{ord(control.group()):04X}",
            "Delete it; a line break inside a cell is a line feed.",
        )
    if text in _MISSING:
        return f"the {name} is a word that training reads as a missing value", "Write it as a sentence."
    if question and not _PLAIN.search(text) and not folded(text):
        return "the question has no letter and no figure", "Write a question."
    return None


def excerpt(value: object) -> str:
    """``value`` as Python writes it, cut to what fits in a message."""
    written = repr(value)
    return written if len(written) <= 80 else f"{written[:77]}..."
