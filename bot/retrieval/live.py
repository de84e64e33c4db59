"""The knowledge in service: the lexical index kept in step with the database, and a learned second opinion.

Every question first asks the database for its knowledge version and applies what changed since the last one, so a pair
that any process approved or retired counts at the next question. The classifier is fitted anew in the background;
until it is, a new pair has the lexical score alone.
"""

from dataclasses import replace
from threading import Lock, Thread

from bot.messages import Passage
from bot.retrieval.learned import WordingClassifier
from bot.retrieval.lexical import LexicalIndex
from bot.retrieval.synonyms import Synonyms
from storage.database import Database
from storage.pairs import changes_since, knowledge_version

SECOND_OPINION = 0.2
"""What the classifier adds to a lexical score at most, or takes from it; the best of eight on hidden wordings."""
CANDIDATES = 20
"""The best pairs of the lexical index among which the second opinion decides."""


class LiveRetriever:
    """The active pairs of a database. Safe to call from several threads.

    Every method raises ``storage.errors.DatabaseError`` when the database cannot be reached.
    """

    def __init__(self, database: Database, synonyms: Synonyms) -> None:
        """Loads all active pairs and fits the classifier."""
        self._database = database
        self._synonyms = synonyms
        self._index = LexicalIndex(synonyms)
        self._wordings: dict[int, tuple[str, ...]] = {}
        self._classifier: WordingClassifier | None = None
        self._fitting: Thread | None = None
        self._version = self._fitted_version = 0
        self._lock = Lock()
        self._take_over_changes()
        self._fit()

    def retrieve(self, question: str, limit: int) -> list[Passage]:
        """See :class:`bot.retrieval.base.Retriever`."""
        self.refresh()
        found = self._index.search(question, max(limit, CANDIDATES))
        classifier = self._classifier
        if classifier is None or not found:
            return found[:limit]
        opinions = classifier.opinions(question)
        judged = [replace(p, score=_joint(p.score, opinions.get(p.pair_id, 0.0))) for p in found]
        return sorted((p for p in judged if p.score > 0), key=lambda p: -p.score)[:limit]

    def explained(self, question: str) -> float:
        """See :meth:`bot.retrieval.lexical.LexicalIndex.explained`; on what the last refresh knew."""
        return self._index.explained(question)

    def refresh(self) -> None:
        """Takes over what changed in the database; cheap when nothing did."""
        if self._take_over_changes() and (self._fitting is None or not self._fitting.is_alive()):
            self._fitting = Thread(target=self._fit, name="wording-classifier", daemon=True)
            self._fitting.start()

    def _take_over_changes(self) -> bool:
        with self._lock, self._database.reading() as session:
            if knowledge_version(session) != self._version:
                changes = changes_since(session, self._version)
                changed = [(pair.id, pair.question, pair.answer, pair.wordings) for pair in changes.changed]
                self._index.load(changed, removed=changes.retired)
                self._wordings |= {pair.id: (pair.question, *pair.wordings) for pair in changes.changed}
                for pair_id in changes.retired:
                    self._wordings.pop(pair_id, None)
                self._version = changes.version
            return self._version != self._fitted_version

    def _fit(self) -> None:
        with self._lock:
            version, wordings = self._version, dict(self._wordings)
        self._classifier = WordingClassifier.fitted(wordings, self._synonyms)
        self._fitted_version = version


def _joint(score: float, opinion: float) -> float:
    """The lexical score moved by the second opinion, in [0, 1]; an approved wording keeps its 1."""
    return score if score == 1 else min(max(score + SECOND_OPINION * opinion, 0.0), 1.0)
