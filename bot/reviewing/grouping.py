"""Whether two questions ask the same in nearly the same words, so that staff decide once.

The same content words in any order, apart from accents, filler words and typing slips, count as the
same question. Another wording of the same wish ("cuánto sale" for "cuánto cuesta") does not: to join
those is for staff, or for the synonyms, to say.
"""

import difflib

from storage.text import folded

_FILLERS = frozenset(
    """a al algo buen buena buenas buenos con cual cuales de del desea dia dias disculpa disculpe e el ella en es esa
    ese eso esta estan este favor gracias hay hola info informacion k la las le les lo los me mi mis muy necesito noches
    o para pero por porfa porfavor pues q que queria quiero quisiera saber se ser si sobre son su sus tardes te tengo
    tienen tiene tu un una unas uno unos usted ustedes x xfa y ya yo""".split()
)
_TYPING_SLIP = 0.88
"""Two words of five letters or more are the same word mistyped from this difflib ratio on."""


def content_words(text: str) -> frozenset[str]:
    """The words that carry the sense of a question; all of its words where only fillers are left."""
    words = folded(text).split()
    return frozenset(word for word in words if word not in _FILLERS) or frozenset(words)


def same_question(one: str, other: str) -> bool:
    """True when both hold the same content words, typing slips aside."""
    a, b = content_words(one), content_words(other)
    if len(a) != len(b):
        return False
    left, right = sorted(a - b), sorted(b - a)
    return all(_same_word(x, y) for x, y in zip(left, right, strict=True))


def _same_word(one: str, other: str) -> bool:
    if min(len(one), len(other)) < 5 or any(c.isdigit() for c in one + other):
        return False
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() >= _TYPING_SLIP
