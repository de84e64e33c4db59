"""The queue of retrainings: when one is worth asking for, and how they are worked off, one at a time."""

import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import CenfobotError
from storage import folds, registry, training_runs
from storage.database import Database
from storage.errors import StorageError
from storage.exclusive import exclusive
from storage.pairs_csv import csv_sha256
from storage.training_runs import TrainingRunRecord

LOCK = "training"
"""Name of the lock that everything holds which folds, trains or promotes."""


def pending_changes(database: Database, base: str, csv: Path) -> int:
    """Approved changes (new, edited and retired pairs, new wordings) that the base's newest adapter has not seen.

    A CSV that was edited by hand since the last fold counts as one change, whatever was changed in it.
    """
    digest = csv_sha256(csv)
    with database.reading() as session:
        trained = [record for record in registry.versions(session, base) if record.manifest.get("pair_ids")]
        fold = folds.find(session, str(trained[-1].manifest["csv_sha256"])) if trained else None
        by_hand = folds.find(session, digest) is None
        return folds.changes_after(session, fold.last_change_id if fold else 0) + by_hand


def queue_if_worth_it(database: Database, csv: Path, *, base: str, recipe: str, min_changes: int, by: str) -> str:
    """Queues a retraining where at least ``min_changes`` are approved; says what was done."""
    changes = pending_changes(database, base, csv)
    if changes < min_changes:
        return f"skipped: {changes} approved change(s) since the last adapter, and {min_changes} are wanted"
    with database.writing() as session:
        if training_runs.waiting(session):
            return f"{changes} approved change(s); a retraining waits already"
        run_id = training_runs.request(session, recipe=recipe, by=by, now=datetime.now(UTC))
    return f"{changes} approved change(s): retraining {run_id} is queued"


def work_off(database: Database, database_url: str, train: Callable[[TrainingRunRecord], str]) -> int:
    """Runs what is queued, oldest first, and returns how many runs failed. ``train`` returns the outcome in words.

    What an earlier process was killed in goes first: who holds the lock knows that nobody else is at it.

    Raises:
        Locked: another process trains.
    """
    failed = 0
    with exclusive(database_url, LOCK):
        with database.writing() as session:
            training_runs.requeue_interrupted(session, now=datetime.now(UTC))
        while run := _claim(database):
            status, outcome = "done", ""
            try:
                outcome = train(run)
            except Exception as error:  # whatever it was, the run is closed, or it would be tried for ever
                if not isinstance(error, CenfobotError | StorageError | OSError):
                    traceback.print_exc()
                status, outcome = "failed", str(error) or type(error).__name__
                failed += 1
            with database.writing() as session:
                report = {"outcome": outcome}
                training_runs.finish(session, run.id, status=status, report=report, now=datetime.now(UTC))
            print(f"retraining {run.id} ({run.recipe}, asked by {run.requested_by}): {status}: {outcome}", flush=True)
    return failed


def _claim(database: Database) -> TrainingRunRecord | None:
    with database.writing() as session:
        return training_runs.claim_next(session, now=datetime.now(UTC))
