"""Is what the model wrote approved? Checked sentence by sentence, before a student sees it.

A sentence passes when every figure in it (number, price, hour, date, percentage, phone), every e-mail
address and link, and every name stands in a passage of the prompt. What this does not cover: a false
statement made only of approved words ("no" left out, two facts joined wrongly).
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from storage.text import folded

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[¿¡\"«(]?[A-ZÁÉÍÓÚÑÜ0-9])")
_FIGURE = re.compile(r"\d+(?:[.,:/]\d+)*")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w|(?:https?://|www\.)[^\s,;)]*[^\s,;).]")
_NAME = re.compile(r"\b[A-ZÁÉÍÓÚÑÜ][\wáéíóúñü]*\b")
_UNITS = """cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis
diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete
veintiocho veintinueve""".split()
_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa cien".split()
_HUNDREDS = "doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos".split()
_NUMBER_WORDS = (
    {word: str(number) for number, word in enumerate(_UNITS) if number > 1}
    | {word: str(number) for number, word in zip(range(30, 101, 10), _TENS, strict=True)}
    | {word: str(number) for number, word in zip(range(200, 1000, 100), _HUNDREDS, strict=True)}
    | {"ciento": "100", "mil": "1000", "millon": "1000000", "millones": "1000000"}
)
"""Numbers that are written out, folded; "uno" and "una" are articles too often to count."""
NEAR_COPY = 0.8
"""A text at least this like an approved one (difflib ratio), yet not equal to it, is a slip of copying."""


@dataclass(frozen=True)
class Verdict:
    """Whether a sentence may be shown, and if not, why (in words, for the log)."""

    faithful: bool
    reason: str = ""


def sentences(text: str) -> list[str]:
    """``text`` cut at the ends of sentences; hours ("7:00 p. m.") and prices stay whole."""
    return [part.strip() for part in _SENTENCE_END.split(text.strip()) if part.strip()]


def figures(text: str) -> set[str]:
    """The figures in ``text`` as digits: "1,200.00" and "1200" are the same, "seis" is "6"."""
    found = {_plain(match) for match in _FIGURE.findall(text)}
    return found | {_NUMBER_WORDS[word] for word in folded(text).split() if word in _NUMBER_WORDS}


def addresses(text: str) -> set[str]:
    """The e-mail addresses and links in ``text``, in lower case."""
    return {address.lower() for address in _ADDRESS.findall(text)}


def names(sentence: str) -> set[str]:
    """The capitalised words in a sentence, folded, but for the one that begins it."""
    return {folded(name) for name in _NAME.findall(sentence[1:])} - {""}


def _plain(figure: str) -> str:
    without_thousands = re.sub(r",(?=\d{3}(?:\D|$))", "", figure)
    return re.sub(r"\.0+$", "", without_thousands)


def check_sentence(sentence: str, passages: Sequence[tuple[str, str]], question: str) -> Verdict:
    """Holds one sentence against the passages, (question, answer), that the prompt held.

    Names may also come from the student's question; figures may not: "¿cuesta 100?" must not make
    "cuesta 100" true.
    """
    answers = " ".join(answer for _, answer in passages)
    everything = f"{answers} {' '.join(asked for asked, _ in passages)}"
    strange = figures(sentence) - figures(answers)
    if strange:
        return Verdict(False, f"figures that no passage holds: {', '.join(sorted(strange))}")
    strange = addresses(sentence) - addresses(answers)
    if strange:
        return Verdict(False, f"addresses that no passage holds: {', '.join(sorted(strange))}")
    strange = names(sentence) - set(folded(f"{everything} {question}").split())
    if strange:
        return Verdict(False, f"names that no passage holds: {', '.join(sorted(strange))}")
    return Verdict(True)


def slip_of(text: str, approved: Sequence[str]) -> str | None:
    """The approved text that ``text`` nearly, but not quite, repeats; None where it repeats one, or none of them."""
    if text in approved:
        return None
    alike = {candidate: _likeness(text, candidate) for candidate in approved}
    nearest = max(alike, key=lambda candidate: alike[candidate], default=None)
    return nearest if nearest is not None and alike[nearest] >= NEAR_COPY else None


def _likeness(one: str, other: str) -> float:
    """In [0, 1]: by words or by signs, whichever sees more in common."""
    words = difflib.SequenceMatcher(None, one.split(), other.split(), autojunk=False).ratio()
    return max(words, difflib.SequenceMatcher(None, one, other, autojunk=False).ratio())
