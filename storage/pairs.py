"""The approved pairs, their wordings and their history.

Every change bumps the knowledge version and writes who did it, when, and what it was before and after, in the
caller's transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from storage.errors import BadText
from storage.models import Counter, Pair, PairChange, PairWording
from storage.pair_changes import COUNTER, begin_change, end_change, fit_text, foldings, insert_pairs, refuse_taken
from storage.pair_records import PairRecord, get_pair, pair_records
from storage.pairs_csv import CsvPair
from storage.text import folded

__all__ = [
    "Changes",
    "PairChangeRecord",
    "PairRecord",
    "add_pair",
    "add_wording",
    "changes_since",
    "edit_pair",
    "find_by_answer",
    "find_by_wording",
    "get_pair",
    "history",
    "import_pairs",
    "knowledge_version",
    "list_pairs",
    "retire_pair",
    "set_wordings",
]


@dataclass(frozen=True)
class Changes:
    """What changed after a knowledge version."""

    version: int
    """Ask for the changes since this one next time."""
    changed: list[PairRecord]
    """Active pairs that are new or different."""
    retired: list[int]


@dataclass(frozen=True)
class PairChangeRecord:
    """One change of a pair: question, answer, wordings and status before (None: it is new) and after."""

    id: int
    pair_id: int
    at: datetime
    by: str
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]


def add_pair(
    session: Session,
    *,
    question: str,
    answer: str,
    wordings: Sequence[str] = (),
    origin: str,
    by: str,
    now: datetime,
) -> PairRecord:
    """Adds an approved pair, in service once the transaction commits.

    Raises:
        BadText: a text could not be written to the CSV.
        WordingTaken: a wording belongs to another active pair.
    """
    pair = CsvPair(question, answer, tuple(wordings))
    (pair_id,) = insert_pairs(session, [pair], action="add", origin=origin, by=by, now=now)
    return get_pair(session, pair_id)


def import_pairs(session: Session, pairs: Iterable[CsvPair], *, by: str, now: datetime) -> int:
    """Adds the pairs of a CSV, all or (if the caller lets the exception through) none; returns how many.

    Raises:
        BadText, WordingTaken: as for :func:`add_pair`.
    """
    return len(insert_pairs(session, list(pairs), action="import", origin="csv", by=by, now=now))


def edit_pair(
    session: Session, pair_id: int, *, by: str, now: datetime, question: str | None = None, answer: str | None = None
) -> PairRecord:
    """Replaces the question, the answer or both; whoever edits approves. The old question is no wording any more.

    Raises:
        UnknownId: there is no active pair with this id.
        BadText, WordingTaken: as for :func:`add_pair`.
    """
    version, before = begin_change(session, pair_id)
    new_question = before.question if question is None else fit_text(question, question=True)
    new_answer = before.answer if answer is None else fit_text(answer, question=False)
    if new_question != before.question:
        refuse_taken(session, [(new_question, folded(new_question))], of=pair_id)
        mine = PairWording.pair_id == pair_id
        session.execute(delete(PairWording).where(mine, PairWording.ordinal > 0, PairWording.text == new_question))
        canonical = update(PairWording).where(mine, PairWording.ordinal == 0)
        session.execute(canonical.values(text=new_question, folded=folded(new_question)))
    values = {"question": new_question, "answer": new_answer, "approved_by": by, "approved_at": now}
    session.execute(update(Pair).where(Pair.id == pair_id).values(**values))
    return end_change(session, before, version, action="edit", by=by, now=now)


def add_wording(session: Session, pair_id: int, text: str, *, by: str, now: datetime) -> PairRecord:
    """Adds one more way to ask the pair's question; nothing happens when it has it, letter by letter.

    Raises:
        UnknownId, BadText, WordingTaken: as for :func:`edit_pair`.
    """
    version, before = begin_change(session, pair_id)
    text = fit_text(text, question=True)
    if text in (before.question, *before.wordings):
        return before
    refuse_taken(session, [(text, folded(text))], of=pair_id)
    last = session.scalars(select(func.max(PairWording.ordinal)).where(PairWording.pair_id == pair_id)).one()
    row = insert(PairWording).values(pair_id=pair_id, ordinal=last + 1, text=text, folded=folded(text))
    session.execute(row)
    return end_change(session, before, version, action="wording", by=by, now=now)


def set_wordings(session: Session, pair_id: int, wordings: Sequence[str], *, by: str, now: datetime) -> PairRecord:
    """Replaces the question (the first of ``wordings``) and the other ways to ask it (the rest) at once.

    Nothing happens when they are the same in the same order.

    Raises:
        UnknownId, BadText, WordingTaken: as for :func:`edit_pair`; BadText also when there is no wording.
    """
    version, before = begin_change(session, pair_id)
    texts = foldings(wordings)
    if not texts:
        raise BadText(f"Pair {pair_id} must keep a question, received no wording. Name one, or retire the pair.")
    if tuple(texts) == (before.question, *before.wordings):
        return before
    refuse_taken(session, texts.items(), of=pair_id)
    session.execute(delete(PairWording).where(PairWording.pair_id == pair_id))
    rows = [
        {"pair_id": pair_id, "ordinal": ordinal, "text": text, "folded": folding}
        for ordinal, (text, folding) in enumerate(texts.items())
    ]
    session.execute(insert(PairWording), rows)
    session.execute(update(Pair).where(Pair.id == pair_id).values(question=rows[0]["text"]))
    return end_change(session, before, version, action="wordings", by=by, now=now)


def retire_pair(session: Session, pair_id: int, *, by: str, now: datetime) -> PairRecord:
    """Takes the pair out of service; its wordings become free.

    Raises:
        UnknownId: there is no active pair with this id.
    """
    version, before = begin_change(session, pair_id)
    session.execute(update(Pair).where(Pair.id == pair_id).values(status="retired"))
    return end_change(session, before, version, action="retire", by=by, now=now)


def list_pairs(session: Session, *, status: str | None = "active", contains: str | None = None) -> list[PairRecord]:
    """The pairs in the CSV's order; ``status`` None takes all, ``contains`` looks in wordings (folded) and answers."""
    conditions: list[ColumnElement[bool]] = [] if status is None else [Pair.status == status]
    if contains:
        found = Pair.answer.icontains(contains, autoescape=True)
        if key := folded(contains):  # marks alone fold to nothing, which every wording contains
            asked = select(PairWording.pair_id).where(PairWording.folded.contains(key, autoescape=True))
            found = or_(found, Pair.id.in_(asked))
        conditions.append(found)
    return pair_records(session, *conditions)


def find_by_wording(session: Session, text: str) -> PairRecord | None:
    """The active pair that is asked with these words, or None."""
    asked = select(PairWording.pair_id).where(PairWording.folded == folded(text))
    return next(iter(pair_records(session, Pair.id.in_(asked), Pair.status == "active")), None)


def find_by_answer(session: Session, answer: str) -> PairRecord | None:
    """The active pair with this answer, letter by letter, or None."""
    return next(iter(pair_records(session, Pair.answer == answer, Pair.status == "active")), None)


def knowledge_version(session: Session) -> int:
    """A number that grows with every change of the pairs; 0 before the first."""
    return session.scalar(select(Counter.value).where(Counter.name == COUNTER)) or 0


def changes_since(session: Session, version: int) -> Changes:
    """What a reader that has seen ``version`` must do to be up to date; 0 gives everything."""
    # The version first: a change that commits in between is then seen twice, never missed.
    current = knowledge_version(session)
    newer = Pair.changed_seq > version
    retired = select(Pair.id).where(newer, Pair.status == "retired").order_by(Pair.id)
    return Changes(current, pair_records(session, newer, Pair.status == "active"), list(session.scalars(retired)))


def history(session: Session, pair_id: int) -> list[PairChangeRecord]:
    """A pair's changes, oldest first."""
    rows = session.scalars(select(PairChange).where(PairChange.pair_id == pair_id).order_by(PairChange.id))
    return [PairChangeRecord(c.id, c.pair_id, c.at, c.by, c.action, c.before, c.after) for c in rows]
