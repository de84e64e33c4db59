"""The knowledge in service: the calibrated index kept in step with the database.

Every question first asks the database for its knowledge version and applies what changed since the last one, so a pair
that any process approved or retired counts at the next question, by its words and its meaning. What has to be fitted
is fitted anew in the background.
"""

from threading import Lock, Thread

from bot.messages import Passage
from bot.retrieval.calibrated import CalibratedIndex
from bot.retrieval.models import RetrievalModels
from storage.database import Database
from storage.pairs import changes_since, knowledge_version


class LiveRetriever:
    """The active pairs of a database. Safe to call from several threads.

    Every method raises ``storage.errors.DatabaseError`` when the database cannot be reached.
    """

    def __init__(self, database: Database, models: RetrievalModels) -> None:
        """Loads all active pairs, fits and calibrates."""
        self._database = database
        self._index = CalibratedIndex(models)
        self._fitting: Thread | None = None
        self._version = self._fitted_version = 0
        self._lock = Lock()
        self._take_over_changes()
        self._fit()

    def retrieve(self, question: str, limit: int) -> list[Passage]:
        """See :class:`bot.retrieval.base.Retriever`."""
        return self.current().retrieve(question, limit)

    def current(self) -> CalibratedIndex:
        """See :class:`bot.retrieval.base.Knowledge`."""
        self.refresh()
        return self._index

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
                self._version = changes.version
            return self._version != self._fitted_version

    def _fit(self) -> None:
        version = self._version  # read first: what comes in meanwhile is fitted again rather than missed
        self._index.fit()
        self._fitted_version = version
