"""Retrainings are queued when enough is approved, and run one at a time, whatever was killed before."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import DataError
from storage import folds, pairs, registry, training_runs
from storage.database import Database
from storage.errors import Locked
from storage.exclusive import exclusive
from storage.pairs_csv import write_csv
from storage.training_runs import TrainingRunRecord
from training.requests import LOCK, pending_changes, queue_if_worth_it, work_off

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MANIFEST = {"csv_sha256": "b", "pair_ids": [1]}


@pytest.fixture
def csv(tmp_path: Path, database: Database) -> Path:
    """A CSV that was folded once."""
    path = tmp_path / "pairs.csv"
    with database.writing() as session:
        digest = write_csv(path, [("¿Qué?", "Eso.")])
        folds.finish(session, folds.begin(session, before=digest, after=digest, by="rosa", now=NOW).id)
    return path


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'home.db'}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    database.migrate()
    yield database
    database.close()


def approve(database: Database, number: int) -> None:
    with database.writing() as session:
        pairs.add_pair(session, question=f"¿{number}?", answer=f"Sí, {number}.", origin="staff", by="rosa", now=NOW)


def ask(database: Database, recipe: str) -> int:
    with database.writing() as session:
        return training_runs.request(session, recipe=recipe, by="rosa", now=NOW)


def runs(database: Database) -> list[TrainingRunRecord]:
    with database.reading() as session:
        return training_runs.list_runs(session)


def queue(database: Database, csv: Path, least: int) -> str:
    return queue_if_worth_it(database, csv, base="tiny", recipe="smoke", min_changes=least, by="schedule")


def test_too_few_changes_are_said_and_not_queued(database: Database, csv: Path) -> None:
    approve(database, 1)
    assert queue(database, csv, 2) == "skipped: 1 approved change(s) since the last adapter, and 2 are wanted"
    assert not runs(database)


def test_enough_changes_are_queued_once(database: Database, csv: Path) -> None:
    approve(database, 1)
    approve(database, 2)
    assert queue(database, csv, 2) == "2 approved change(s): retraining 1 is queued"
    assert queue(database, csv, 2) == "2 approved change(s); a retraining waits already"
    assert len(runs(database)) == 1


def test_only_what_the_newest_adapter_has_not_seen_counts(database: Database, csv: Path) -> None:
    approve(database, 1)
    with database.writing() as session:
        fold = folds.begin(session, before="a", after="b", by="rosa", now=NOW)
        folds.finish(session, fold.id)
        registry.register(session, base="tiny", version="v0001", path="", manifest=MANIFEST, now=NOW)
    assert pending_changes(database, "tiny", csv) == 0
    assert pending_changes(database, "another", csv) == 1
    approve(database, 2)
    assert pending_changes(database, "tiny", csv) == 1


def test_a_csv_that_was_edited_by_hand_is_a_change(database: Database, csv: Path) -> None:
    assert pending_changes(database, "tiny", csv) == 0
    write_csv(csv, [("¿Qué?", "Esto otro.")])
    assert pending_changes(database, "tiny", csv) == 1


def test_what_is_queued_runs_in_its_order_and_a_failure_stops_nothing(
    database: Database, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    order = []

    def train(run: TrainingRunRecord) -> str:
        order.append(run.recipe)
        if run.recipe == "bad":
            raise DataError("no such recipe")
        return "promoted v0002"

    ask(database, "bad")
    ask(database, "good")
    assert work_off(database, url, train) == 1
    assert order == ["bad", "good"]
    good, bad = runs(database)
    assert (good.status, good.report) == ("done", {"outcome": "promoted v0002"})
    assert (bad.status, bad.report) == ("failed", {"outcome": "no such recipe"})
    assert "retraining 2 (good, asked by rosa): done: promoted v0002" in capsys.readouterr().out


def test_a_run_whose_process_was_killed_is_run_again(database: Database, url: str) -> None:
    ask(database, "smoke")
    with database.writing() as session:
        assert training_runs.claim_next(session, now=NOW)  # and the process is gone
    assert work_off(database, url, lambda run: "done again") == 0
    (run,) = runs(database)
    assert (run.status, run.report) == ("done", {"outcome": "done again"})


def test_a_run_that_breaks_down_is_closed_and_not_tried_for_ever(database: Database, url: str) -> None:
    def train(run: TrainingRunRecord) -> str:
        raise RuntimeError("CUDA error")

    ask(database, "smoke")
    assert work_off(database, url, train) == 1
    assert [(run.status, run.report) for run in runs(database)] == [("failed", {"outcome": "CUDA error"})]


def test_a_run_that_was_killed_three_times_is_not_tried_again(database: Database, url: str) -> None:
    ask(database, "smoke")
    for _ in range(3):
        with database.writing() as session:
            training_runs.requeue_interrupted(session, now=NOW)
            assert training_runs.claim_next(session, now=NOW)
    assert work_off(database, url, lambda run: "") == 0
    (run,) = runs(database)
    assert run.status == "failed"
    assert "ended each of the 3 times" in str(run.report)


def test_a_run_under_way_is_left_alone(database: Database, url: str) -> None:
    ask(database, "smoke")
    with exclusive(url, LOCK), pytest.raises(Locked):
        work_off(database, url, lambda run: "")
    assert runs(database)[0].status == "queued"
