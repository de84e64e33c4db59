"""Misspelt words ("kajero", "entrgan"), mended towards words of the knowledge before anything is looked up.

A word is misspelt when the knowledge does not have it and the encoder has no piece for it as a whole, as it has for
common words. It becomes the word of the knowledge that sounds the same, else the only one within one or two slips of
the finger. So no list of mistakes is needed, and a strange word that is like none stays what it is.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.retrieval.words import STOP_WORDS
from bot.sounds import sound
from storage.text import folded

SHORTEST = 4
"""Letters of a word that is mended by its sound."""
_SLIPS = ((11, 2), (7, 1))
"""From this many letters on, so many letters may be wrong, missing, too many, or swapped."""
_WORD = re.compile(r"[^\W\d_]+")


class Spelling:
    """Knows the words of some texts. Immutable."""

    def __init__(self, texts: Iterable[str], is_common: Callable[[str], bool] = lambda word: False) -> None:
        """``texts`` are approved questions and wordings; ``is_common`` says of a word that it needs no mending."""
        self._is_common = is_common
        self._known = {word for text in texts for word in folded(text).split() if word.isalpha()} | STOP_WORDS
        content = sorted(word for word in self._known - STOP_WORDS if len(word) >= SHORTEST)
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        self._by_letter: dict[str, list[str]] = defaultdict(list)
        for word in content:
            self._by_sound[sound(word)].append(word)
            self._by_letter[word[0]].append(word)

    def mended(self, text: str) -> str:
        """``text`` with its misspelt words as the knowledge spells them, without accents."""
        return _WORD.sub(lambda word: self._mended(word.group()), text)

    def _mended(self, typed: str) -> str:
        word = folded(typed)
        if len(word) < SHORTEST or word in self._known or not word.isalpha() or self._is_common(typed.lower()):
            return typed
        alike = self._by_sound.get(sound(word), [])
        if not alike:
            slips = next((number for length, number in _SLIPS if len(word) >= length), 0)
            near = process.extract(
                word, self._by_letter.get(word[0], ()), scorer=OSA.distance, score_cutoff=slips, limit=2
            )
            alike = [found for found, distance, _ in near if 0 < distance <= slips and distance == near[0][1]]
        return alike[0] if len(alike) == 1 else typed
