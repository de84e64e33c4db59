"""Names of other banks, schools, offices and companies (``data/institutions.csv``).

"¿Cuándo empiezan las clases en Senati?" is word for word about our subjects, but for the name. A name that is said in
the question and nowhere in the pair that was found speaks against the pair.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from bot.settings import DATA
from bot.tables import read_table
from storage.text import folded

HEADER = ["name"]
INSTITUTIONS = DATA / "institutions.csv"
_OWN = 0.05
"""A name that at least this share of the pairs say is the school's own, or its subject."""


class Institutions:
    """Knows names. Immutable."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(tuple(folded(name).split()) for name in names)
        self._longest = max(map(len, self._names), default=0)

    @classmethod
    def read(cls, path: Path = INSTITUTIONS) -> Self:
        """The table in ``path``.

        Raises:
            DataError: the file cannot be read or a row breaks a rule.
        """
        return cls(row[0] for _, row in read_table(path, HEADER, row_is="a name"))

    def besides(self, texts: Iterable[str]) -> Self:
        """Those that few of the ``texts``, one for each pair, say."""
        said = [self.said(text) for text in texts]
        own = {name for name in frozenset().union(*said) if sum(name in names for names in said) >= _OWN * len(said)}
        return type(self)(" ".join(name) for name in self._names - own) if own else self

    def said(self, text: str) -> frozenset[tuple[str, ...]]:
        """The names in ``text``, folded, word by word."""
        words = folded(text).split()
        return frozenset(
            part
            for length in range(1, self._longest + 1)
            for start in range(len(words) - length + 1)
            if (part := tuple(words[start : start + length])) in self._names
        )
