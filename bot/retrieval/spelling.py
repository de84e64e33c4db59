"""Misspelt words ("kajero", "entrgan") and diminutives ("cursitos"), mended towards words of the knowledge.

A word is misspelt when the knowledge does not have it and the encoder has no piece for it as a whole, as it has for
common words. It becomes the word of the knowledge that it is a diminutive of, else the one that sounds the same, else
the only one within one or two slips of the finger. So no list of mistakes is needed, and a strange word that is like
none stays what it is.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.retrieval.words import STOP_WORDS
from bot.sounds import sound
from storage.text import folded

SHORTEST = 4
"""Letters of a word that is mended by its sound."""
_SLIPS = ((11, 2), (6, 1))
"""From this many letters on, so many letters may be wrong, missing, too many, or swapped."""
_FAR_COMMONER = 3
_STOP_COUNT = 100
"""How often a stop-word counts as met, at least."""
_WORD = re.compile(r"[^\W\d_]+")
_DIMINUTIVE = re.compile(r"(\w{2,}?)(?:e?c)?it([oa])(s?)")
_STEM_ENDS = (("qu", "c"), ("gu", "g"), ("c", "z"))
"""How a stem is written before -ito, and before -o."""


class Spelling:
    """Knows the words of some texts. Immutable."""

    def __init__(self, texts: Iterable[str], is_common: Callable[[str], bool] = lambda word: False) -> None:
        """``texts`` are approved questions and wordings; ``is_common`` says of a word that it needs no mending."""
        self._is_common = is_common
        counts = Counter(word for text in texts for word in folded(text).split() if word.isalpha())
        counts += Counter(dict.fromkeys(STOP_WORDS, _STOP_COUNT))
        self._known = _well_spelt(counts, is_common)
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        self._by_letter: dict[str, list[str]] = defaultdict(list)
        for word in sorted(word for word in self._known if len(word) >= SHORTEST):
            self._by_sound[sound(word)].append(word)
            if word not in STOP_WORDS:
                self._by_letter[word[0]].append(word)

    def mended(self, text: str) -> str:
        """``text`` with its misspelt words as the knowledge spells them, without accents."""
        return _WORD.sub(lambda word: self._mended(word.group()), text)

    def _mended(self, typed: str) -> str:
        word = folded(typed)
        if len(word) < SHORTEST or word in self._known or not word.isalpha():
            return typed
        if whole := next((whole for whole in _undiminished(word) if whole in self._known), None):
            return whole
        if self._is_common(typed.lower()):
            return typed
        alike = self._by_sound.get(sound(word), [])
        if not alike:
            slips = next((number for length, number in _SLIPS if len(word) >= length), 0)
            near = process.extract(
                word, self._by_letter.get(word[0], ()), scorer=OSA.distance, score_cutoff=slips, limit=2
            )
            alike = [found for found, distance, _ in near if 0 < distance <= slips and distance == near[0][1]]
        return alike[0] if len(alike) == 1 else typed


def _well_spelt(counts: Mapping[str, int], is_common: Callable[[str], bool]) -> set[str]:
    """The words but those that sound like a far commoner one: wordings hold students' mistakes, too."""
    commonest: dict[str, int] = defaultdict(int)
    for word, count in counts.items():
        commonest[sound(word)] = max(commonest[sound(word)], count)
    return {
        word
        for word, count in counts.items()
        if len(word) < SHORTEST or count * _FAR_COMMONER >= commonest[sound(word)] or is_common(word)
    }


def _undiminished(word: str) -> Iterator[str]:
    """The words that ``word`` may be a diminutive of: "cursitos" of "cursos", "luquitas" of "lucas"."""
    if found := _DIMINUTIVE.fullmatch(word):
        stem, vowel, plural = found.groups()
        stems = [
            stem,
            stem + "z",
            *(stem.removesuffix(written) + end for written, end in _STEM_ENDS if stem.endswith(written)),
        ]
        for ending in (vowel, "e", ""):
            yield from (stem + ending + plural for stem in stems)
