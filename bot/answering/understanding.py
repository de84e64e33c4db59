"""From what a student typed to a question that stands alone.

Cleans the text, and completes a follow-up ("¿y cuánto cuesta?") with what the last exchange was about.
The model then sees one complete question instead of a history, which is cheaper and keeps small
models from answering the earlier question again.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from storage.text import folded

_SUBJECT = re.compile(
    r"[A-ZÁÉÍÓÚÑÜ][\wáéíóúñü]*(?:\s+(?:(?:de|del|la|las|el|los|al|y|en|e)\s+){0,3}[A-ZÁÉÍÓÚÑÜ][\wáéíóúñü]*)*"
)
_CONNECTOR = re.compile(r"(?:y|e|entonces|pero|ademas|tambien|ok y|ah y|ya y)\s+")
_POINTER = re.compile(
    r"(?<!\w)(es[eao]s?|est[eao]s?|ahi|alli|mismo|misma|el primero|la primera|el segundo|el ultimo|lo)(?!\w)"
)
_WORDS_OF_A_FOLLOW_UP = 7
_STRESSED = re.compile(r"([^\W\d_IVXLwW])\1{2,}")
"""A letter tripled for stress; not in a Roman number ("ciclo III") nor in "www"."""
_TAGS = re.compile(r"\[\s*/?\s*INST\s*\]|<<\s*/?\s*SYS\s*>>|<\s*/?\s*s\s*>", re.IGNORECASE)
"""Llama's tags: never part of what a student asks. The renderer guards against them all the same."""
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
"""Unicode categories of control, format, surrogate, private and unassigned characters."""


@dataclass(frozen=True)
class EarlierTurn:
    """What was asked before, and the approved pair that answered it (empty where none did)."""

    question: str
    passage_question: str = ""
    passage_answer: str = ""


def clean(text: str) -> str:
    """``text`` without control characters, invisible marks, doubled spaces or letters tripled for stress."""
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(c for c in composed if c in "\n\t" or unicodedata.category(c) not in _UNSEEN)
    return _STRESSED.sub(r"\1", " ".join(_TAGS.sub(" ", visible).split()))


def is_readable(text: str) -> bool:
    """False for a message of emoji, punctuation or single signs only."""
    return bool(re.search(r"[^\W_]", text)) and bool(folded(text) or re.search(r"[^\W\d_]{2,}", text))


def subject(turn: EarlierTurn, institution: str) -> str:
    """What a turn was about: the longest proper name in the pair that answered it, else ''.

    The institution's own name is what everything is about, so it never counts.
    """
    texts = (turn.passage_question.lstrip("¿¡"), turn.passage_answer)
    names = [match.group() for text in texts for match in _SUBJECT.finditer(text) if match.start() > 0]
    names = [name for name in names if folded(name) != folded(institution)]
    return max(names, key=len, default="")


@dataclass(frozen=True)
class FollowUp:
    """A question completed with an earlier turn's subject."""

    question: str
    definite: bool
    """True when the student's words point back ("¿y …?", "ese"), False when they are merely short."""


def follow_up(question: str, turns: Sequence[EarlierTurn], institution: str) -> FollowUp | None:
    """``question`` completed with the subject of the newest turn that has one; None when it stands alone.

    A follow-up begins with a connector ("¿y …?"), points back ("ese", "ahí"), or is short and names
    nothing itself.
    """
    plain = folded(question)
    points_back = bool(_CONNECTOR.match(plain) or _POINTER.search(plain))
    if not points_back and len(plain.split()) > _WORDS_OF_A_FOLLOW_UP:
        return None
    about = next((name for turn in reversed(turns) if (name := subject(turn, institution))), "")
    if not about or set(folded(about).split()) & set(plain.split()):
        return None
    asked = question.strip()
    return FollowUp(f"{asked.rstrip('?').rstrip()} {about}" + ("?" if asked.endswith("?") else ""), points_back)
