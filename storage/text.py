"""When two texts count as the same question, and what of a text an encoder hears: the one way that all share."""

import re
import unicodedata

_NOT_A_WORD = re.compile(r"[^a-z0-9ñ%/.,:@-]+")
_LOOSE_MARKS = re.compile(r"(?<![0-9a-zñ])[%/.,:@-]+|[%/.,:@-]+(?![0-9a-zñ%])")


def folded(text: str) -> str:
    """``text`` in lower case, without accents (ñ stays), punctuation or doubled spaces.

    Marks inside a figure, an hour or an address stay ("7:30", "1,200.50", "a@b.pe"). Two texts with the
    same folding are the same question.
    """
    plain = text.lower() if text.isascii() else _without_accents(text)
    return " ".join(_LOOSE_MARKS.sub(" ", _NOT_A_WORD.sub(" ", plain)).split())


def _without_accents(text: str) -> str:
    kept = unicodedata.normalize("NFKC", text).lower().replace("ñ", "\0")
    return "".join(c for c in unicodedata.normalize("NFD", kept) if unicodedata.category(c) != "Mn").replace("\0", "ñ")


def bare(text: str) -> str:
    """``text`` without the marks around it: an encoder hears a question mark, and a chat leaves it out."""
    return text.strip(" ¿?¡!.,;:…") or text
