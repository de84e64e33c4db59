"""The active pairs as they were at an earlier change: what a CSV held that was written then.

Read from the pairs' history, which nothing deletes, and not from old files, which people do delete.
"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.models import Pair, PairChange
from storage.pair_records import PairRecord


@dataclass(frozen=True)
class PairState:
    """What a pair said at some time."""

    id: int
    answer: str
    wordings: tuple[str, ...]
    """All ways to ask it, the canonical one first."""


def state_of(pair: PairRecord) -> PairState:
    """What the pair says now."""
    return PairState(pair.id, pair.answer, (pair.question, *pair.wordings))


def pairs_at(session: Session, change_id: int) -> list[PairState]:
    """The pairs that were active after this change, in the CSV's order; 0 gives none."""
    newest = select(func.max(PairChange.id)).where(PairChange.id <= change_id).group_by(PairChange.pair_id)
    changes = select(PairChange.pair_id, PairChange.after).join(Pair, Pair.id == PairChange.pair_id)
    return [
        PairState(pair_id, after["answer"], (after["question"], *after["wordings"]))
        for pair_id, after in session.execute(changes.where(PairChange.id.in_(newest)).order_by(Pair.position))
        if after["status"] == "active"
    ]


def last_import(session: Session) -> int:
    """The change with which the home's first CSV was read in; 0 when there was none."""
    return session.scalar(select(func.max(PairChange.id)).where(PairChange.action == "import")) or 0
