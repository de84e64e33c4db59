"""The lexical index kept true to the database: whoever approves, the next question is answered with it.

Before each search one number in the database is compared with the one that the index stands at; only what
changed since is read and replaced, so a change by another process costs milliseconds, not a rebuild.
"""

from collections.abc import Iterable
from threading import Lock

from bot.messages import Passage
from bot.retrieval.lexical import LexicalIndex
from bot.retrieval.synonyms import Synonyms
from storage import pairs
from storage.database import Database
from storage.pairs import PairRecord


class LiveRetriever:
    """A :class:`bot.retrieval.base.Retriever` over the active pairs of a database. Safe to use from several threads."""

    def __init__(self, database: Database, synonyms: Synonyms) -> None:
        """Reads all active pairs: seconds for 100,000 of them."""
        self._database = database
        self._index = LexicalIndex(synonyms)
        self._version = 0
        self._lock = Lock()
        self.refresh()

    def refresh(self) -> None:
        """Brings the index up to the database's knowledge version."""
        with self._database.reading() as session:
            if pairs.knowledge_version(session) == self._version:
                return
        with self._lock, self._database.reading() as session:
            changes = pairs.changes_since(session, self._version)
            self._index.load(_entries(changes.changed))
            for pair_id in changes.retired:
                self._index.remove(pair_id)
            self._version = changes.version

    def retrieve(self, question: str, limit: int) -> list[Passage]:
        """The ``limit`` best pairs as they are approved now, best first, scores in [0, 1]."""
        self.refresh()
        return self._index.search(question, limit)

    def explained(self, question: str) -> float:
        """The share of the question's content words, in [0, 1], that occur in what is approved now."""
        self.refresh()
        return self._index.explained(question)


def _entries(records: Iterable[PairRecord]) -> Iterable[tuple[int, str, str, tuple[str, ...]]]:
    return ((record.id, record.question, record.answer, record.wordings) for record in records)
