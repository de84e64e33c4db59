"""The fold: what was approved, edited and retired since the last one is written to the CSV, from which training reads.

The database's active pairs are the truth. A CSV that staff edited by hand is merged into them first. That and the
record of the intended hash are one transaction; then the file is replaced and checked, and the record finished: killed
anywhere and run again, a fold ends with the same file. The caller holds the training lock. A file that somebody saves
while it is folded is left as they saved it, but for the instant between the last check and the rename.
"""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import DataError
from storage import folds, pairs
from storage.database import Database, Session
from storage.folds import FoldRecord
from storage.pair_history import PairState, last_import, pairs_at, state_of
from storage.pair_text import tidied
from storage.pairs_csv import check_csv, csv_sha256, read_rows, render_csv, replace_csv
from training.folding.csv_versions import drop_old_versions, keep_version
from training.folding.merging import Table, key_of, merge, rows_of, table
from training.folding.regrouping import Regrouping, arranged, regroup

REMOVED_AT_MOST = 0.10
"""Share of the last fold's rows that may go without a person's consent."""
_SHOWN = 5
"""Questions named in an error."""


@dataclass(frozen=True)
class Folded:
    """How a fold ended."""

    changed: bool
    """The file or the approved pairs are other than before."""
    sha256: str
    """Of the CSV in place."""
    added: int
    """Rows that the file did not have."""
    edited: int
    """Rows with another answer or another spelling."""
    removed: int
    """Rows that the file has no longer."""
    merged: int
    """Questions taken over from an edit by hand."""
    record: FoldRecord | None
    """What the CSV in place holds."""

    @property
    def summary(self) -> str:
        """One line for a terminal or a log."""
        if not self.changed:
            return f"nothing to fold: the CSV {self.sha256[:16]} holds what is approved"
        return (
            f"folded into the CSV {self.sha256[:16]}: {self.added} row(s) added, {self.edited} edited, "
            f"{self.removed} removed; {self.merged} question(s) taken over from an edit by hand"
        )


@dataclass(frozen=True)
class _File:
    """The CSV as it was read."""

    path: Path
    content: bytes
    sha256: str
    questions: tuple[str, ...]
    """In order, tidied as the database tidies them."""
    table: Table


@dataclass(frozen=True)
class _Plan:
    """What the CSV is going to hold."""

    table: Table
    merged: int
    rows: Sequence[tuple[str, str]]
    content: bytes
    record: FoldRecord


def fold(
    database: Database,
    csv: Path,
    versions: Path,
    *,
    by: str,
    allow_removals: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Folded:
    """Brings the CSV and the active pairs together; where they are, nothing happens.

    Args:
        versions: folder of the last ten versions of the CSV.
        by: who is recorded for the fold and for what it takes over from an edit by hand.
        allow_removals: fold even where more than a tenth of the last fold's rows would be gone.

    Raises:
        DataError: the file is missing, a question was changed in two places differently, or too many rows would be
            gone; names the texts. Neither file nor pairs have changed.
        CsvError, BadText: the file breaks its format; as above.
        StorageError: the file was saved by somebody else meanwhile; it is as they saved it. Fold again.
    """
    file = _read(csv, versions)
    with database.writing() as session:
        plan = _planned(session, file, by=by, allow_removals=allow_removals, now=clock())
    if not plan.record.done:
        _put_in_place(file, plan, versions)
        with database.writing() as session:
            folds.finish(session, plan.record.id)
    with database.reading() as session:
        drop_old_versions(versions, folds.list_folds(session))
    return Folded(
        changed=plan.merged > 0 or plan.content != file.content,
        sha256=plan.record.after,
        added=sum(len(entry.spellings) for key, entry in plan.table.items() if key not in file.table),
        edited=sum(file.table.get(key, entry) != entry for key, entry in plan.table.items()),
        removed=sum(len(entry.spellings) for key, entry in file.table.items() if key not in plan.table),
        merged=plan.merged,
        record=replace(plan.record, done=True),
    )


def _planned(session: Session, file: _File, *, by: str, allow_removals: bool, now: datetime) -> _Plan:
    """Merges the file into the active pairs and records what is going to be written."""
    folds.hold_pairs(session)
    history = _since_last_done(session, file.sha256)
    states = _states(session, history)
    active = _active(session)
    ours = table(rows_of(active))
    target = ours if _is_known(file, history) else merge([table(rows_of(state)) for state in states], ours, file.table)
    if not allow_removals:
        _refuse_removals(rows_of(states[0]), target, file)
    merged = sum(ours.get(key) != target.get(key) for key in {**ours, **target})
    if merged:
        _take_over(session, active, regroup(active, target, file.questions), by=by, now=now)
        active = _active(session)
    rows = arranged(file.questions, active, states)
    content = render_csv(rows)
    return _Plan(target, merged, rows, content, _recorded(session, history[-1:], file, content, by=by, now=now))


def _read(csv: Path, versions: Path) -> _File:
    try:
        content = csv.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"There is no file at {csv}. Put it back; its last versions are in {versions}.") from error
    rows = [(tidied(row.question), tidied(row.answer)) for row in read_rows(io.BytesIO(content), str(csv))]
    sha256 = hashlib.sha256(content).hexdigest()
    return _File(csv, content, sha256, tuple(question for question, _ in rows), table(rows))


def _active(session: Session) -> list[PairState]:
    return [state_of(pair) for pair in pairs.list_pairs(session)]


def _since_last_done(session: Session, found: str) -> list[FoldRecord]:
    """The last fold that is done and those begun after it, oldest first. One that was killed just before the end is."""
    since: list[FoldRecord] = []
    for record in folds.list_folds(session):
        if record.after == found and not record.done:
            folds.finish(session, record.id)
            record = replace(record, done=True)
        since.insert(0, record)
        if record.done:
            break
    return since


def _states(session: Session, history: Sequence[FoldRecord]) -> list[list[PairState]]:
    """What the file may have been edited from, the last fold that is done first."""
    changes = [record.last_change_id for record in history]
    if not (history and history[0].done):  # nothing was folded since the home's first CSV
        changes.insert(0, last_import(session))
    return [pairs_at(session, change_id) for change_id in changes]


def _is_known(file: _File, history: Sequence[FoldRecord]) -> bool:
    """True when nobody edited the file since the last fold, or the file that a killed one was going to replace."""
    return any(file.sha256 == record.after or (file.sha256 == record.before and not record.done) for record in history)


def _refuse_removals(before: Sequence[tuple[str, str]], target: Table, file: _File) -> None:
    gone = [question for question, _ in before if key_of(question) not in target]
    if len(gone) > REMOVED_AT_MOST * len(before):
        shown = "".join(f"\n  {question!r}" for question in gone[:_SHOWN])
        more = f"\n  and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
        raise DataError(
            f"{len(gone)} of the {len(before)} rows of the last fold would be gone from {file.path}, more than "
            f"{REMOVED_AT_MOST:.0%}. Nothing was changed:{shown}{more}\nPut the rows back (or the whole file, from "
            "its last versions), or, where they are meant to go, fold with --allow-removals."
        )


def _take_over(session: Session, active: Sequence[PairState], plan: Regrouping, *, by: str, now: datetime) -> None:
    had = {pair.id: pair for pair in active}
    for pair_id in plan.retired:
        pairs.retire_pair(session, pair_id, by=by, now=now)
    for pair in plan.changed:  # a wording is given up before another pair takes it
        kept = [text for text in had[pair.id].wordings if text in pair.wordings]
        if kept and len(kept) < len(had[pair.id].wordings):
            pairs.set_wordings(session, pair.id, kept, by=by, now=now)
    for pair in plan.changed:
        if pair.wordings != had[pair.id].wordings:
            pairs.set_wordings(session, pair.id, pair.wordings, by=by, now=now)
        if pair.answer != had[pair.id].answer:
            pairs.edit_pair(session, pair.id, answer=pair.answer, by=by, now=now)
    for answer, (question, *others) in plan.new:
        pairs.add_pair(session, question=question, answer=answer, wordings=others, origin="csv", by=by, now=now)


def _recorded(
    session: Session, newest: Sequence[FoldRecord], file: _File, content: bytes, *, by: str, now: datetime
) -> FoldRecord:
    """The fold's record: the newest one where it says all of this, else a new one."""
    after = hashlib.sha256(content).hexdigest()
    for record in newest:
        same_file = record.after == after and file.sha256 == (record.after if record.done else record.before)
        if same_file and not folds.changes_after(session, record.last_change_id):
            return record
    return folds.begin(session, before=file.sha256, after=after, by=by, now=now)


def _put_in_place(file: _File, plan: _Plan, versions: Path) -> None:
    for draft in (*file.path.parent.glob(f".{file.path.name}.*"), *versions.glob(".*.csv.*")):
        draft.unlink(missing_ok=True)  # of a fold that was killed
    check_csv(plan.content, plan.rows, file.path.name)
    keep_version(versions, file.content)
    keep_version(versions, plan.content)
    if plan.content != file.content:
        replace_csv(file.path, plan.content, before=file.sha256)
    if csv_sha256(file.path) != plan.record.after:
        raise DataError(f"{file.path} is not what was written: its SHA-256 is not {plan.record.after}. Fold again.")
