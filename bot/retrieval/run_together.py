"""Words typed without spaces ("cuantocuestacajero"), taken apart into words that the knowledge has.

The most probable way to read a long strange word as known ones, by how often each occurs (a unigram model, searched as
in Norvig, "Natural Language Corpus Data", 2009). What cannot be read so stays: a misspelt word is not two words.
"""

import math
from collections import Counter
from collections.abc import Iterable
from functools import cache

from bot.retrieval.words import STOP_WORDS
from storage.text import folded

SHORTEST, LONGEST = 9, 100
"""Letters of a strange word that may be several; a longer one is noise, and too deep a recursion."""


class RunTogether:
    """Knows the words of some texts. Immutable."""

    def __init__(self, texts: Iterable[str]) -> None:
        """``texts`` are approved questions and their wordings."""
        counts = Counter(word for text in texts for word in folded(text).split() if word.isalpha())
        short = {word for word in STOP_WORDS if len(word) > 1 or word in ("a", "y")}
        known = {word: n for word, n in counts.items() if word in short or (len(word) > 2 and n > 1)}
        total = sum(known.values()) or 1
        self._costs = {word: math.log(total / n) for word, n in known.items()}
        self._seen = frozenset(counts)

    def apart(self, text: str) -> str:
        """``text`` with a space wherever words run together."""
        return " ".join(self._read(word) for word in text.split(" "))

    def _read(self, typed: str) -> str:
        word = folded(typed.strip("¿?¡!.,;:"))
        if not SHORTEST <= len(word) <= LONGEST or word in self._seen or not word.isalpha():
            return typed

        @cache
        def best(start: int) -> tuple[float, tuple[str, ...]]:
            """The cheapest reading of what is left from ``start`` on; infinitely dear where there is none."""
            if start == len(word):
                return 0.0, ()
            readings = [
                (self._costs[piece] + cost, (piece, *rest))
                for end in range(start + 1, len(word) + 1)
                if (piece := word[start:end]) in self._costs
                for cost, rest in [best(end)]
            ]
            return min(readings, default=(math.inf, ()))

        cost, pieces = best(0)
        return " ".join(pieces) if cost < math.inf else typed
