"""What the words of a message are about: concepts such as ``howto``, ``fake`` and ``document``, from a table of words.

The examples are too few to meet every word; a concept stands for all of its words, in Spanish and in English,
so that what is learned of "falsificar un título" holds for "forge a diploma". Staff may extend the table.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from bot.moderation.unmasking import Spelling, unmasked

_REACH = 7
"""Concepts at most this many words apart are seen as a pair."""


class Lexicon:
    """Words and phrases by concept. An entry that ends in ``*`` stands for every word that begins so."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        """``entries`` are (concept, words)."""
        self._phrases: dict[tuple[str, ...], set[str]] = defaultdict(set)
        self._beginnings: dict[str, set[str]] = defaultdict(set)
        for concept, entry in entries:
            words = unmasked(entry)
            if entry.endswith("*"):
                self._beginnings[words].add(concept)
            else:
                self._phrases[tuple(words.split())].add(concept)
        self._longest = max((len(phrase) for phrase in self._phrases), default=1)
        self._lengths = sorted({len(beginning) for beginning in self._beginnings})
        self._spelling = Spelling(word for phrase in self._phrases for word in phrase)

    def words(self, text: str) -> list[str]:
        """The words of ``text``, unmasked, and mended towards words of the table."""
        return [self._spelling.mended(word) for word in unmasked(text).split()]

    def concepts(self, words: Sequence[str]) -> list[list[str]]:
        """The concepts that begin at each word, in the order of the alphabet."""
        return [sorted(self._beginning_at(words, place)) for place in range(len(words))]

    def features(self, words: Sequence[str]) -> list[str]:
        """Concepts, pairs of concepts in the order they come in, and concepts beside words: what is learned from."""
        concepts = self.concepts(words)
        placed = [(place, concept) for place, found in enumerate(concepts) for concept in found]
        features = [concept for _, concept in placed]
        for at, (place, concept) in enumerate(placed):
            for other, second in placed[at + 1 :]:
                if other > place + _REACH:
                    break
                features.append(f"{concept}{'=' if other == place else '>'}{second}")
        for place in range(len(words) - 1):
            features.extend(f"{words[place]} {concept}" for concept in concepts[place + 1])
            features.extend(f"{concept} {words[place + 1]}" for concept in concepts[place])
        return features

    def _beginning_at(self, words: Sequence[str], place: int) -> set[str]:
        found: set[str] = set()
        for size in range(1, min(self._longest, len(words) - place) + 1):
            found |= self._phrases.get(tuple(words[place : place + size]), set())
        for length in self._lengths:
            if length > len(words[place]):
                break
            found |= self._beginnings.get(words[place][:length], set())
        return found
