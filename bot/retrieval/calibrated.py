"""The joint index with its calibrated decision: the knowledge of an evaluation, or of a database through ``live``."""

from collections.abc import Iterable, Sequence
from typing import Self

from bot.messages import Passage
from bot.retrieval.answerable import Answerable, calibrated
from bot.retrieval.base import Finding
from bot.retrieval.families import Families
from bot.retrieval.joint import Found, IndexedPair, JointIndex
from bot.retrieval.models import RetrievalModels

UNNAMED = 0.2
"""Probability at most that a pair answers a question which could as well mean each other pair of its family."""


class CalibratedIndex:
    """Approved pairs in memory, a :class:`bot.retrieval.base.Knowledge` and its snapshot. For several threads."""

    def __init__(self, models: RetrievalModels, pairs: Iterable[IndexedPair] = ()) -> None:
        """Holds ``pairs``, fitted and calibrated; takes seconds for a knowledge that was never seen before."""
        self._models = models
        self._index = JointIndex(models, pairs)
        self._learn()

    def load(self, pairs: Iterable[IndexedPair], removed: Iterable[int] = ()) -> None:
        """See :meth:`JointIndex.load`."""
        self._index.load(pairs, removed)

    def fit(self) -> None:
        """Fits and calibrates for the pairs held now."""
        self._index.fit()
        self._learn()

    def _learn(self) -> None:
        pairs = self._index.pairs.values()
        self._answerable: Answerable = calibrated(self._models, pairs)
        self._families = Families(pairs)

    def retrieve(self, question: str, limit: int) -> list[Passage]:
        """See :class:`bot.retrieval.base.Retriever`."""
        return self._index.find(question, limit).passages

    def current(self) -> Self:
        """See :class:`bot.retrieval.base.Knowledge`; what is held is always current."""
        return self

    def holds(self, question: str) -> bool:
        """See :class:`bot.retrieval.base.Snapshot`."""
        return self._index.holds(question)

    def find(self, question: str, limit: int) -> Finding:
        """See :class:`bot.retrieval.base.Snapshot`."""
        return self.find_all([question], limit)[0]

    def find_all(self, questions: Sequence[str], limit: int) -> list[Finding]:
        """See :class:`bot.retrieval.base.Snapshot`."""
        return [self._judged(found) for found in self._index.find_all(questions, limit)]

    def _judged(self, found: Found) -> Finding:
        passages = tuple(found.passages)
        if found.evidence is None:
            certain = float(bool(passages))
            return Finding(passages, certain, certain)
        verdict = self._answerable.verdict(found.evidence)
        if self._families.is_unnamed(found.asked, passages[0].pair_id):
            return Finding(passages, min(verdict.answered, UNNAMED), verdict.ours)
        return Finding(passages, verdict.answered, verdict.ours)
