"""Retrainings that staff ask for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from storage.database import Database
from storage.errors import UnknownId
from storage.training_runs import claim_next, finish, list_runs, request, requeue_interrupted, waiting


def test_a_retraining_is_asked_for_claimed_and_reported(database: Database, now: datetime) -> None:
    with database.writing() as session:
        run_id = request(session, recipe="production", by="rosa", now=now)
        claimed = claim_next(session, now=now)
        assert claimed is not None
        assert (claimed.id, claimed.status, claimed.started_at) == (run_id, "running", now)
        finish(session, run_id, status="done", report={"loss": 0.5}, now=now)
    with database.reading() as session:
        (run,) = list_runs(session)
    assert (run.status, run.report, run.finished_at) == ("done", {"loss": 0.5}, now)
    assert (run.recipe, run.requested_by, run.requested_at) == ("production", "rosa", now)


def test_each_retraining_is_claimed_once_oldest_first(database: Database, now: datetime) -> None:
    with database.writing() as session:
        ids = [request(session, recipe="tiny", by="rosa", now=now) for _ in range(4)]

    def take(_: int) -> int | None:
        with database.writing() as session:
            run = claim_next(session, now=now)
            return run.id if run else None

    with database.writing() as session:
        first = claim_next(session, now=now)
    assert first is not None
    assert first.id == ids[0]
    with ThreadPoolExecutor(6) as pool:
        taken = [run_id for run_id in pool.map(take, range(12)) if run_id is not None]
    assert sorted(taken) == ids[1:]
    with database.reading() as session:
        assert [run.id for run in list_runs(session, limit=2)] == [ids[3], ids[2]]


def test_what_was_not_claimed_cannot_be_finished(database: Database, now: datetime) -> None:
    with database.writing() as session:
        run_id = request(session, recipe="tiny", by="rosa", now=now)
    with pytest.raises(UnknownId, match="no running training run"), database.writing() as session:
        finish(session, run_id, status="failed", report={}, now=now)


def test_a_retraining_that_was_interrupted_is_claimed_again(database: Database, now: datetime) -> None:
    with database.writing() as session:
        done, interrupted, queued = (request(session, recipe="tiny", by="rosa", now=now) for _ in range(3))
        claim_next(session, now=now)
        finish(session, done, status="done", report={}, now=now)
        claim_next(session, now=now)
        assert waiting(session) == 2
    with database.writing() as session:
        assert requeue_interrupted(session, now=now) == 1
        assert requeue_interrupted(session, now=now) == 0
        assert waiting(session) == 2
        assert [(run.id, run.status, run.started_at) for run in list_runs(session)][:2] == [
            (queued, "queued", None),
            (interrupted, "queued", None),
        ]
        again = claim_next(session, now=now)
    assert again is not None
    assert again.id == interrupted
