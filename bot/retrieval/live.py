"""The knowledge in service: the lexical index kept in step with the database.

Every question first asks the database for its knowledge version and applies what changed since the last one, so a pair
that any process approved or retired counts at the next question.
"""

from threading import Lock

from bot.messages import Passage
from bot.retrieval.lexical import LexicalIndex
from bot.retrieval.synonyms import Synonyms
from storage.database import Database
from storage.pairs import changes_since, knowledge_version


class LiveRetriever:
    """The active pairs of a database. Safe to call from several threads.

    Every method raises ``storage.errors.DatabaseError`` when the database cannot be reached.
    """

    def __init__(self, database: Database, synonyms: Synonyms) -> None:
        """Loads all active pairs."""
        self._database = database
        self._index = LexicalIndex(synonyms)
        self._version = 0
        self._lock = Lock()
        self.refresh()

    def retrieve(self, question: str, limit: int) -> list[Passage]:
        """See :class:`bot.retrieval.base.Retriever`."""
        self.refresh()
        return self._index.search(question, limit)

    def explained(self, question: str) -> float:
        """See :meth:`bot.retrieval.lexical.LexicalIndex.explained`; on what the last refresh knew."""
        return self._index.explained(question)

    def refresh(self) -> None:
        """Takes over what changed in the database; cheap when nothing did."""
        with self._lock, self._database.reading() as session:
            if knowledge_version(session) == self._version:
                return
            changes = changes_since(session, self._version)
            changed = [(pair.id, pair.question, pair.answer, pair.wordings) for pair in changes.changed]
            self._index.load(changed, removed=changes.retired)
            self._version = changes.version
