"""Families of pairs that ask the same of one thing after another: "¿Cuánto dura …?" for each programme.

A question that says none of these things' words ("cuánto dura") is nearest to one of them by chance. To answer it would
be to speak of something that the student did not name.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from bot.names import NAME
from bot.retrieval.joint import IndexedPair
from bot.retrieval.words import STOP_WORDS
from storage.text import folded

LEAST = 3
"""Pairs that make a family."""
_STEM = 4
"""Letters by which a word is known, so that its other forms are."""


class Families:
    """Knows what tells the pairs of each family apart. Immutable."""

    def __init__(self, pairs: Iterable[IndexedPair]) -> None:
        families: dict[str, list[IndexedPair]] = defaultdict(list)
        for pair in pairs:
            families[_frame(pair[1])].append(pair)
        self._own: dict[int, frozenset[str]] = {}
        for family in families.values():
            if len(family) >= LEAST:
                self._own |= _own_stems(family)

    def is_unnamed(self, question: str, pair_id: int) -> bool:
        """True where the pair is of a family, and ``question`` says nothing that is the pair's alone."""
        own = self._own.get(pair_id)
        return own is not None and own.isdisjoint(_stems(question))


def _frame(question: str) -> str:
    """``question`` without its names; its own where it has none, which no other shares."""
    opening, rest = question[:2], question[2:]
    return opening + NAME.sub("…", rest)


def _own_stems(family: Sequence[IndexedPair]) -> Mapping[int, frozenset[str]]:
    """The stems that one pair's name or wordings have, and no other of its ``family``."""
    stems = {pair_id: _stems(" ".join((question, *wordings))) for pair_id, question, _, wordings in family}
    names = {pair_id: _stems(" ".join(NAME.findall(question[2:]))) for pair_id, question, _, _ in family}
    counts = Counter(stem for own in stems.values() for stem in own)
    return {
        pair_id: frozenset(stem for stem in own if counts[stem] == 1) | names[pair_id] for pair_id, own in stems.items()
    }


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in folded(text).split() if word not in STOP_WORDS)
