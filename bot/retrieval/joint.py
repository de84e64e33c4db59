"""The lexical index joined with a learned second opinion: the score that the bot goes by.

The pairs may come from anywhere: :mod:`bot.retrieval.live` keeps one in step with a database, and an evaluation makes
one of the pairs that it may show.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from threading import Lock

from bot.messages import Passage
from bot.retrieval.learned import WordingClassifier
from bot.retrieval.lexical import LexicalIndex
from bot.retrieval.synonyms import Synonyms

SECOND_OPINION = 0.2
"""What the classifier adds to a lexical score at most, or takes from it; the best of eight on hidden wordings."""
CANDIDATES = 20
"""The best pairs of the lexical index among which the second opinion decides."""

IndexedPair = tuple[int, str, str, Sequence[str]]
"""(pair id, question, answer, other wordings)"""


class JointIndex:
    """Approved pairs in memory, a :class:`bot.retrieval.base.Retriever`. Safe to use from several threads."""

    def __init__(self, synonyms: Synonyms, pairs: Iterable[IndexedPair] = ()) -> None:
        """Holds ``pairs``, and is fitted to them."""
        self._synonyms = synonyms
        self._index = LexicalIndex(synonyms)
        self._wordings: dict[int, tuple[str, ...]] = {}
        self._classifier: WordingClassifier | None = None
        self._lock = Lock()
        self.load(pairs)
        self.fit()

    def load(self, pairs: Iterable[IndexedPair], removed: Iterable[int] = ()) -> None:
        """Adds or replaces pairs and removes others; until :meth:`fit`, new ones have the lexical score alone."""
        changed, gone = list(pairs), list(removed)
        self._index.load(changed, removed=gone)
        with self._lock:
            self._wordings |= {pair_id: (question, *others) for pair_id, question, _, others in changed}
            for pair_id in gone:
                self._wordings.pop(pair_id, None)

    def fit(self) -> None:
        """Fits the second opinion to the pairs held now; takes about a second for 3,500 wordings."""
        with self._lock:
            wordings = dict(self._wordings)
        self._classifier = WordingClassifier.fitted(wordings, self._synonyms)

    def retrieve(self, question: str, limit: int) -> list[Passage]:
        """See :class:`bot.retrieval.base.Retriever`."""
        found = self._index.search(question, max(limit, CANDIDATES))
        classifier = self._classifier
        if classifier is None or not found:
            return found[:limit]
        opinions = classifier.opinions(question)
        judged = [replace(p, score=_joint(p.score, opinions.get(p.pair_id, 0.0))) for p in found]
        return sorted((p for p in judged if p.score > 0), key=lambda p: -p.score)[:limit]

    def explained(self, question: str) -> float:
        """See :meth:`bot.retrieval.lexical.LexicalIndex.explained`."""
        return self._index.explained(question)


def _joint(score: float, opinion: float) -> float:
    """The lexical score moved by the second opinion, in [0, 1]; an approved wording keeps its 1."""
    return score if score == 1 else min(max(score + SECOND_OPINION * opinion, 0.0), 1.0)
