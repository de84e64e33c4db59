"""Questions that are known to have no approved answer: how near they are to a question speaks against answering it.

They are the ``dev`` part of the shipped out-of-scope set, far and near. One that an approved wording comes close to is
left out: the school may have approved what it asks.
"""

from collections.abc import Sequence

import numpy as np

from bot.retrieval.dense import DenseIndex
from bot.retrieval.segment import Floats
from storage.text import folded

APPROVED = 0.75
"""Cosine with an approved wording from which a negative is taken for approved."""
SOME = 3
"""The nearest so many say together how near the negatives are."""


class Negatives:
    """``N`` questions by their vectors. Immutable."""

    def __init__(self, texts: Sequence[str], vectors: Floats) -> None:
        """``vectors``, ``(N, D)``, are whitened."""
        self._texts = np.array([folded(text) for text in texts], object)
        self._vectors = vectors

    def besides(self, approved: DenseIndex) -> "Negatives":
        """Those that no approved wording comes close to."""
        kept = approved.closest(self._vectors) < APPROVED
        return Negatives(self._texts[kept].tolist(), self._vectors[kept])

    def nearness(self, vector: Floats, question: str) -> tuple[float, float]:
        """The cosine of a question's vector with the nearest negative, and the mean of the :data:`SOME` nearest.

        The question itself is left out, so that one of them is judged as any other question would be.
        """
        cosines = (self._vectors @ vector)[self._texts != folded(question)]
        if not len(cosines):
            return 0.0, 0.0
        nearest = np.sort(cosines)[-SOME:]
        return float(nearest[-1]), float(nearest.mean())
