"""Pairs as callers see them, with their wordings."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from storage.errors import UnknownId
from storage.models import Pair, PairWording


@dataclass(frozen=True)
class PairRecord:
    """A question with its approved answer."""

    id: int
    question: str
    answer: str
    wordings: tuple[str, ...]
    """Other ways to ask it, without the question itself."""
    status: str
    """active or retired."""
    origin: str
    """csv, staff or review."""
    approved_by: str
    approved_at: datetime
    changed_seq: int
    """The knowledge version that changed it last."""


_COLUMNS = (
    Pair.id,
    Pair.question,
    Pair.answer,
    Pair.status,
    Pair.origin,
    Pair.approved_by,
    Pair.approved_at,
    Pair.changed_seq,
)
"""A record's fields in order, but for the wordings."""


def pair_records(session: Session, *conditions: ColumnElement[bool]) -> list[PairRecord]:
    """The pairs that meet all conditions (on :class:`Pair`), in the CSV's order."""
    wordings: dict[int, list[str]] = {}
    others = select(PairWording.pair_id, PairWording.text).join(Pair, Pair.id == PairWording.pair_id)
    others = others.where(PairWording.ordinal > 0, *conditions).order_by(PairWording.pair_id, PairWording.ordinal)
    for pair_id, text in session.execute(others):
        wordings.setdefault(pair_id, []).append(text)
    rows = session.execute(select(*_COLUMNS).where(*conditions).order_by(Pair.position))
    return [PairRecord(row[0], row[1], row[2], tuple(wordings.get(row[0], ())), *row[3:]) for row in rows]


def get_pair(session: Session, pair_id: int) -> PairRecord:
    """One pair, active or retired.

    Raises:
        UnknownId: there is none with this id.
    """
    for record in pair_records(session, Pair.id == pair_id):
        return record
    raise UnknownId(f"There is no pair {pair_id}.")
