"""Retrainings: staff ask for one, the training process claims it, reports and closes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from storage.errors import UnknownId
from storage.models import TrainingRun

MOST_INTERRUPTIONS = 3
"""A retraining whose process ends this often, killed for its memory perhaps, is not tried again."""


@dataclass(frozen=True)
class TrainingRunRecord:
    """A retraining that somebody asked for."""

    id: int
    recipe: str
    requested_by: str
    requested_at: datetime
    status: str
    """queued, running, done or failed."""
    started_at: datetime | None
    finished_at: datetime | None
    report: Mapping[str, Any] | None


def request(session: Session, *, recipe: str, by: str, now: datetime) -> int:
    """Queues a retraining and returns its id."""
    row = insert(TrainingRun).values(recipe=recipe, requested_by=by, requested_at=now).returning(TrainingRun.id)
    return session.scalars(row).one()


def claim_next(session: Session, *, now: datetime) -> TrainingRunRecord | None:
    """Starts the oldest queued retraining; None when there is none. Two processes never get the same one."""
    queued = select(TrainingRun).where(TrainingRun.status == "queued").order_by(TrainingRun.id).limit(1)
    run = session.scalar(queued.with_for_update(skip_locked=True))
    if run is None:
        return None
    run.status, run.started_at = "running", now
    session.flush()
    return _record(run)


def finish(session: Session, run_id: int, *, status: str, report: Mapping[str, Any], now: datetime) -> None:
    """Closes a running retraining as ``done`` or ``failed``.

    Raises:
        UnknownId: it is not running.
    """
    running = select(TrainingRun).where(TrainingRun.id == run_id, TrainingRun.status == "running")
    run = session.scalar(running.with_for_update())
    if run is None:
        raise UnknownId(f"There is no running training run {run_id}; only one that was claimed can be finished.")
    run.status, run.report, run.finished_at = status, dict(report), now
    session.flush()


def requeue_interrupted(session: Session, *, now: datetime) -> int:
    """Queues again what is marked as running, and returns how many; the third time, it is closed as failed.

    To be called only by who holds the training lock: whoever ran them is gone.
    """
    runs = session.scalars(select(TrainingRun).where(TrainingRun.status == "running").with_for_update()).all()
    for run in runs:
        kills = 1 + (run.report or {}).get("interrupted", 0)
        run.report = {"interrupted": kills}
        if kills >= MOST_INTERRUPTIONS:
            run.status, run.finished_at = "failed", now
            run.report = {"outcome": f"the process ended each of the {kills} times that it was run"}
        else:
            run.status, run.started_at = "queued", None
    session.flush()
    return sum(run.status == "queued" for run in runs)


def waiting(session: Session) -> int:
    """How many retrainings are queued or running."""
    unfinished = select(func.count()).where(TrainingRun.status.in_(["queued", "running"]))
    return session.scalars(unfinished).one()


def list_runs(session: Session, *, limit: int = 20) -> list[TrainingRunRecord]:
    """The newest retrainings, newest first."""
    return [_record(run) for run in session.scalars(select(TrainingRun).order_by(TrainingRun.id.desc()).limit(limit))]


def _record(run: TrainingRun) -> TrainingRunRecord:
    return TrainingRunRecord(
        id=run.id,
        recipe=run.recipe,
        requested_by=run.requested_by,
        requested_at=run.requested_at,
        status=run.status,
        started_at=run.started_at,
        finished_at=run.finished_at,
        report=run.report,
    )
