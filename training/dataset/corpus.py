"""What one training run learns from: the approved pairs of a CSV, and which of their wordings are held out."""

from dataclasses import dataclass

from storage.pairs_csv import CsvPair


@dataclass(frozen=True)
class CorpusPair:
    """An approved pair as a training run sees it."""

    pair: CsvPair
    held_out: frozenset[str]
    """Wordings, letter by letter, that are never trained on; never all of the pair's."""
    ids: tuple[tuple[int, int], ...] = ()
    """(id, knowledge version that changed it last) of the database's pairs behind it; empty for a bare CSV."""
    new: bool = False
    """True when the adapter in service was not trained on it as it is now."""

    @property
    def wordings(self) -> tuple[str, ...]:
        """All wordings, the canonical one first."""
        return (self.pair.question, *self.pair.wordings)

    @property
    def trained(self) -> tuple[str, ...]:
        """The wordings that are trained on; at least one."""
        return tuple(text for text in self.wordings if text not in self.held_out)


@dataclass(frozen=True)
class Corpus:
    """The approved pairs of one CSV."""

    csv_sha256: str
    pairs: tuple[CorpusPair, ...]
    """In the CSV's order."""
