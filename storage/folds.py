"""Folds: what each CSV held, known by its hash.

A fold is begun before the file is replaced and finished after it was checked, so that a process killed in
between leaves a record from which the next one can tell whether the replacement happened.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from storage.errors import UnknownId
from storage.models import Counter, Fold, PairChange
from storage.pair_changes import COUNTER
from storage.pairs import knowledge_version


@dataclass(frozen=True)
class FoldRecord:
    """The pairs written to the CSV."""

    id: int
    at: datetime
    by: str
    before: str
    """SHA-256 of the CSV that it replaces."""
    after: str
    """SHA-256 of the CSV that it writes."""
    knowledge_version: int
    """What the new CSV holds: the pairs as of this version."""
    last_change_id: int
    """The newest change of a pair that the new CSV holds; 0 when there is none."""
    done: bool
    """The new CSV is in its place."""


def hold_pairs(session: Session) -> None:
    """No other process changes a pair until this transaction ends: what it reads from here on is one state.

    To be called before the pairs that are going to be folded are read (PostgreSQL shows a writer every commit).
    """
    session.execute(select(Counter.value).where(Counter.name == COUNTER).with_for_update())


def begin(session: Session, *, before: str, after: str, by: str, now: datetime) -> FoldRecord:
    """Records that the CSV with hash ``before`` is going to be replaced by the one with hash ``after``.

    The knowledge version and the last change are this transaction's; see :func:`hold_pairs`.
    """
    values = {
        "at": now,
        "by": by,
        "before": before,
        "after": after,
        "knowledge_version": knowledge_version(session),
        "last_change_id": session.scalar(select(func.max(PairChange.id))) or 0,
        "done": False,
    }
    return _record(session.scalars(insert(Fold).values(**values).returning(Fold)).one())


def finish(session: Session, fold_id: int) -> None:
    """Records that the new CSV is in its place.

    Raises:
        UnknownId: there is no such fold.
    """
    done = update(Fold).where(Fold.id == fold_id).values(done=True).returning(Fold.id)
    if session.execute(done).first() is None:
        raise UnknownId(f"There is no fold {fold_id}; only one that was begun can be finished.")


def latest(session: Session, *, done: bool | None = None) -> FoldRecord | None:
    """The newest fold (of those that are done, or are not, when ``done`` is given); None when there is none."""
    newest = select(Fold).order_by(Fold.id.desc()).limit(1)
    row = session.scalar(newest if done is None else newest.where(Fold.done == done))
    return None if row is None else _record(row)


def find(session: Session, after: str) -> FoldRecord | None:
    """The newest done fold that wrote the CSV with this hash; None when there is none."""
    writers = select(Fold).where(Fold.after == after, Fold.done).order_by(Fold.id.desc())
    row = session.scalar(writers.limit(1))
    return None if row is None else _record(row)


def list_folds(session: Session) -> list[FoldRecord]:
    """Every fold, newest first."""
    return [_record(fold) for fold in session.scalars(select(Fold).order_by(Fold.id.desc()))]


def changes_after(session: Session, change_id: int) -> int:
    """How many changes of pairs, imports aside, are newer than this one."""
    newer = select(func.count()).where(PairChange.id > change_id, PairChange.action != "import")
    return session.scalars(newer).one()


def _record(fold: Fold) -> FoldRecord:
    return FoldRecord(
        id=fold.id,
        at=fold.at,
        by=fold.by,
        before=fold.before,
        after=fold.after,
        knowledge_version=fold.knowledge_version,
        last_change_id=fold.last_change_id,
        done=fold.done,
    )
