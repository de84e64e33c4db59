"""The seams to the knowledge: the approved pairs nearest to a question, and whether one of them answers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.messages import Passage


class Retriever(Protocol):
    """Finds approved pairs. Safe to call from several threads."""

    def retrieve(self, question: str, limit: int) -> list[Passage]:
        """The ``limit`` best pairs, best first, each pair once, scores in [0, 1]; those with score 0 are left out."""
        ...


@dataclass(frozen=True)
class Finding:
    """What the knowledge has on a question."""

    passages: tuple[Passage, ...]
    """Best first."""
    answered: float
    """Probability that the first one answers the question, in [0, 1]; 1 where the question is an approved wording."""
    ours: float
    """Probability that the question is about our subjects, should none answer it, in [0, 1]."""


class Snapshot(Retriever, Protocol):
    """A retriever that also says whether what it found answers the question."""

    def holds(self, question: str) -> bool:
        """Whether staff approved a question in these words, letter case, accents and punctuation apart."""
        ...

    def find(self, question: str, limit: int) -> Finding:
        """The ``limit`` best pairs, and what to make of them."""
        ...

    def find_all(self, questions: Sequence[str], limit: int) -> list[Finding]:
        """What :meth:`find` finds, for each question; in less time than one by one."""
        ...


class Knowledge(Retriever, Protocol):
    """What staff approved, which may change from one message to the next."""

    def current(self) -> Snapshot:
        """As it is approved now; several readings of a message are looked up in one, at the cost of one look."""
        ...
