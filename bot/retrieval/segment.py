"""A block of indexed pairs as flat arrays: which words each text holds, and which texts hold each word.

Immutable: a change gives a new segment that shares what it can. Nothing here knows weights; ``lexical`` brings them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Ints = NDArray[np.int64]
Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Entry:
    """A pair as it was given."""

    pair_id: int
    wordings: tuple[str, ...]
    """The canonical question first."""
    answer: str


@dataclass(frozen=True)
class Segment:
    """``P`` pairs with ``R`` texts: each pair's wordings, then its answer."""

    entries: tuple[Entry, ...]
    alive: Mask
    """``(P,)``: False for a pair that was removed and not yet swept away."""
    pair_ids: Ints
    """``(P,)``"""
    texts: Ints
    """``(P + 1,)``: where each pair's texts begin; its last one is the answer."""
    owners: Ints
    """``(R,)``: the position of each text's pair."""
    spans: Ints
    """``(R + 1,)``: where each text's words begin in ``words``."""
    words: NDArray[np.int32]
    """Word numbers, each once per text."""
    posting_spans: Ints
    """``(V + 1,)``: where each word's texts begin in ``postings``; later words have none."""
    postings: NDArray[np.int32]
    """Text numbers, below ``R``."""

    @classmethod
    def build(cls, entries: Sequence[Entry], texts: Sequence[Sequence[int]]) -> "Segment":
        """``texts`` are the distinct word numbers of every text, in the order of the entries' wordings and answer."""
        sizes = np.array([len(entry.wordings) + 1 for entry in entries], dtype=np.int64)
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        words = np.fromiter((word for text in texts for word in text), dtype=np.int32, count=int(lengths.sum()))
        return cls._of(tuple(entries), sizes, lengths, words)

    @classmethod
    def _of(cls, entries: tuple[Entry, ...], sizes: Ints, lengths: Ints, words: NDArray[np.int32]) -> "Segment":
        spans = _starts(lengths)
        known = int(words.max(initial=-1)) + 1
        by_word = sparse.csr_array((np.ones(len(words), bool), words, spans), (len(lengths), known)).tocsc()
        return cls(
            entries=entries,
            alive=np.ones(len(entries), bool),
            pair_ids=np.array([entry.pair_id for entry in entries], dtype=np.int64),
            texts=_starts(sizes),
            owners=np.repeat(np.arange(len(entries)), sizes),
            spans=spans,
            words=words,
            posting_spans=by_word.indptr.astype(np.int64),
            postings=by_word.indices.astype(np.int32),
        )

    def __len__(self) -> int:
        return int(self.alive.sum())

    def without(self, pair_ids: Ints) -> "Segment":
        """The same arrays, with these pairs dead."""
        return replace(self, alive=self.alive & ~np.isin(self.pair_ids, pair_ids))

    def only(self, wanted: Mask) -> "Segment":
        """A copy of the wanted pairs, ``(P,)``."""
        positions = np.flatnonzero(wanted)
        texts, sizes = self.texts_of(positions)
        places, lengths = self.words_of(texts)
        return Segment._of(tuple(self.entries[p] for p in positions), sizes, lengths, self.words[places])

    def joined(self, other: "Segment") -> "Segment":
        """The living pairs of both, in one."""
        parts = [segment.only(segment.alive) for segment in (self, other)]
        return Segment._of(
            parts[0].entries + parts[1].entries,
            np.concatenate([np.diff(part.texts) for part in parts]),
            np.concatenate([np.diff(part.spans) for part in parts]),
            np.concatenate([part.words for part in parts]),
        )

    def texts_of(self, pairs: Ints) -> tuple[Ints, Ints]:
        """The text numbers of some pairs, one pair after the other, and how many each has."""
        return _expanded(self.texts[pairs], self.texts[pairs + 1] - self.texts[pairs])

    def words_of(self, texts: Ints) -> tuple[Ints, Ints]:
        """The places in ``words`` of some texts, one text after the other, and how many each has."""
        return _expanded(self.spans[texts], self.spans[texts + 1] - self.spans[texts])

    def words_in(self, pair_id: int) -> Ints:
        """The numbers of the words in a pair's texts; none where it is not here."""
        places, _ = self.words_of(self.texts_of(np.flatnonzero(self.alive & (self.pair_ids == pair_id)))[0])
        return np.unique(self.words[places]).astype(np.int64)

    def frequencies(self, size: int) -> Ints:
        """``(size,)``: in how many living pairs each word occurs."""
        living = self.only(self.alive)
        shape = (len(living.entries), size)
        by_pair = sparse.csr_array((np.ones(len(living.words), bool), living.words, living.spans[living.texts]), shape)
        by_pair.sum_duplicates()
        return np.bincount(by_pair.indices, minlength=size)

    def weigh(self, words: Ints, weights: Floats, budget: int) -> tuple[Ints, Floats]:
        """The texts that hold any of the words, and for each the sum of their weights.

        ``words`` come heaviest first; those whose texts would exceed ``budget`` visits are left out (common words).
        """
        known = words < len(self.posting_spans) - 1
        words, weights = words[known], weights[known]
        lengths = self.posting_spans[words + 1] - self.posting_spans[words]
        fits = lengths.cumsum() <= budget
        fits[:1] = True
        places, lengths = _expanded(self.posting_spans[words[fits]], lengths[fits])
        heavy = np.repeat(weights[fits], lengths)
        sums = np.bincount(self.postings[places], weights=heavy, minlength=len(self.spans) - 1)
        texts = np.flatnonzero(sums)
        return texts, sums[texts].astype(np.float64)


def _starts(lengths: Ints) -> Ints:
    return np.concatenate([[0], lengths.cumsum()])


def _expanded(starts: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """``start, start + 1, ...`` for every span, one after the other; and the lengths again."""
    ends = lengths.cumsum()
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths), lengths
