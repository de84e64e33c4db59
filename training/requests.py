"""The queue of retrainings: when one is worth asking for, and how they are worked off, one at a time."""

from collections.abc import Callable
from datetime import UTC, datetime

from bot.errors import CenfobotError
from storage import folds, registry, training_runs
from storage.database import Database
from storage.errors import StorageError
from storage.exclusive import exclusive
from storage.training_runs import TrainingRunRecord

LOCK = "training"
"""Name of the lock that everything holds which folds, trains or promotes."""


def pending_changes(database: Database, base: str) -> int:
    """Approved changes (new, edited and retired pairs, new wordings) that the base's newest adapter has not seen."""
    with database.reading() as session:
        trained = registry.versions(session, base)
        fold = folds.find(session, str(trained[-1].manifest["csv_sha256"])) if trained else None
        return folds.changes_after(session, fold.last_change_id if fold else 0)


def queue_if_worth_it(database: Database, *, base: str, recipe: str, min_changes: int, by: str) -> str:
    """Queues a retraining where at least ``min_changes`` are approved; says what was done."""
    changes = pending_changes(database, base)
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
            training_runs.requeue_interrupted(session)
        while run := _claim(database):
            status, outcome = "done", ""
            try:
                outcome = train(run)
            except (CenfobotError, StorageError, OSError) as error:
                status, outcome = "failed", str(error)
                failed += 1
            with database.writing() as session:
                report = {"outcome": outcome}
                training_runs.finish(session, run.id, status=status, report=report, now=datetime.now(UTC))
            print(f"retraining {run.id} ({run.recipe}, asked by {run.requested_by}): {status}: {outcome}", flush=True)
    return failed


def _claim(database: Database) -> TrainingRunRecord | None:
    with database.writing() as session:
        return training_runs.claim_next(session, now=datetime.now(UTC))
