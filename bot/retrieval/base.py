"""The seam to the knowledge: the approved pairs nearest to a question."""

from typing import Protocol

from bot.messages import Passage


class Retriever(Protocol):
    """Finds approved pairs. Safe to call from several threads."""

    def retrieve(self, question: str, limit: int) -> list[Passage]:
        """The ``limit`` best pairs, best first, each pair once, scores in [0, 1]; those with score 0 are left out."""
        ...
