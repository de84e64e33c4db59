"""Gates are judged in words and numbers; the champion moves on and back, and every move is on record."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import AdapterError
from bot.settings import Settings
from storage import registry
from storage.database import Database
from storage.errors import UnknownId
from tests.bot.adapter_versions import BASE, champion, scaled_version
from training.evaluation.evaluate import Evaluation
from training.promotion import Verdict, judge, promote, rollback
from training.recipe import Gate

RIGHT = Gate("served.right", 0.8, None, 0.05)
LOSS = Gate("raw.held_out_loss", None, 1.0, 0.1)


def evaluation(**measures: float) -> Evaluation:
    named = {name.replace("__", "."): value for name, value in measures.items()}
    return Evaluation("v", BASE, named, {}, [])


def judged(gate: Gate, candidate: Evaluation, champion: Evaluation | None = None) -> Verdict:
    return judge([gate], candidate, champion, champion_name="v0007")


@pytest.mark.parametrize(
    ("gate", "value", "before", "reason"),
    [
        (RIGHT, 0.75, None, "served.right 0.75 < 0.8: kept v0007"),
        (RIGHT, 0.9, 0.96, "served.right 0.9 is worse than 0.96 by more than 0.05: kept v0007"),
        (LOSS, 1.25, None, "raw.held_out_loss 1.25 > 1: kept v0007"),
        (LOSS, 0.95, 0.8, "raw.held_out_loss 0.95 is worse than 0.8 by more than 0.1: kept v0007"),
        (LOSS, float("nan"), None, "raw.held_out_loss nan > 1: kept v0007"),
    ],
)
def test_a_gate_that_fails_says_what_it_wanted_and_what_it_got(
    gate: Gate, value: float, before: float | None, reason: str
) -> None:
    reference = None if before is None else evaluation(**{gate.measure.replace(".", "__"): before})
    verdict = judged(gate, evaluation(**{gate.measure.replace(".", "__"): value}), reference)
    assert verdict == Verdict(False, (reason,))


@pytest.mark.parametrize(
    ("gate", "value", "before"),
    [
        (RIGHT, 0.8, None),
        (RIGHT, 0.9, 0.95),
        (RIGHT, 0.9, 0.5),
        (LOSS, 1.0, 0.9),
        (LOSS, 0.5, 3.0),
        (LOSS, 0.5, float("nan")),
    ],
)
def test_a_gate_holds_at_its_bounds_and_when_better(gate: Gate, value: float, before: float | None) -> None:
    name = gate.measure.replace(".", "__")
    assert judged(gate, evaluation(**{name: value}), None if before is None else evaluation(**{name: before})).promote


def test_every_failed_gate_is_named() -> None:
    verdict = judge([RIGHT, LOSS], evaluation(served__right=0.5), None, champion_name="the bare base")
    assert verdict.reasons == (
        "served.right 0.5 < 0.8: kept the bare base",
        "raw.held_out_loss was not measured, and the gate has a bound: kept the bare base",
    )


def test_a_verdict_that_promotes_has_the_main_numbers_and_what_was_not_measured() -> None:
    candidate = evaluation(served__right=0.93, raw__right=0.9, closed_book__known=0.25)
    compared = Gate("raw.perplexity", None, None, 0.1)
    assert judge([RIGHT, compared], candidate, evaluation(served__right=0.9), champion_name="v0007") == Verdict(
        True,
        (
            "all 2 gates hold", "served.right 0.93 (v0007: 0.9)", "raw.right 0.9", "closed_book.known 0.25",
            "raw.perplexity was not measured",
        ),
    )  # fmt: skip


def test_without_gates_nothing_is_promoted() -> None:
    verdict = judge([], evaluation(served__right=1.0), None, champion_name="v0007")
    assert verdict == Verdict(False, ("the recipe has no gates, and nothing is promoted without: kept v0007",))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url="")


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """With three versions, of which none is the champion."""
    database = Database(settings.database)
    database.migrate()
    for factor in (0.25, 0.5, 0.75):
        scaled_version(settings, database, factor=factor)
    yield database
    database.close()


def test_every_move_is_recorded_with_who_when_and_why(settings: Settings, database: Database) -> None:
    promote(database, settings=settings, version="v0001", by="Rosa", why="all gates hold")
    promote(database, settings=settings, version="v0002", by="Luis", why="better")
    promote(database, settings=settings, version="v0002", by="Luis", why="again: no move")
    assert rollback(database, settings=settings, by="Rosa", why="it swears") == "v0001"
    assert champion(database) == "v0001"
    with database.reading() as session:
        changes = registry.alias_changes(session, BASE)
    assert [(change.previous, change.version, change.by, change.why) for change in changes] == [
        (None, "v0001", "Rosa", "all gates hold"),
        ("v0001", "v0002", "Luis", "better"),
        ("v0002", "v0001", "Rosa", "it swears"),
    ]
    assert changes[0].at <= changes[-1].at


def test_rolling_back_twice_goes_further_back(settings: Settings, database: Database) -> None:
    for version in ("v0001", "v0002", "v0003"):
        promote(database, settings=settings, version=version, by="Rosa", why="better")
    assert [rollback(database, settings=settings, by="Rosa", why="worse") for _ in range(2)] == ["v0002", "v0001"]
    with pytest.raises(UnknownId, match="nothing to roll tiny-llama back to: v0001 is the first champion"):
        rollback(database, settings=settings, by="Rosa", why="worse")
    promote(database, settings=settings, version="v0003", by="Rosa", why="mended")
    assert rollback(database, settings=settings, by="Rosa", why="worse") == "v0001"


def test_without_a_champion_there_is_nothing_to_roll_back(settings: Settings, database: Database) -> None:
    with pytest.raises(UnknownId, match="there is no champion"):
        rollback(database, settings=settings, by="Rosa", why="worse")


def test_a_version_that_is_not_registered_is_refused(settings: Settings, database: Database) -> None:
    with pytest.raises(UnknownId, match="tiny-llama has no version 'v0009'"):
        promote(database, settings=settings, version="v0009", by="Rosa", why="")


@pytest.mark.parametrize("file", ["adapter_model.safetensors", "adapter_config.json", "manifest.json"])
def test_a_damaged_version_becomes_no_champion(settings: Settings, database: Database, file: str) -> None:
    promote(database, settings=settings, version="v0001", by="Rosa", why="better")
    (settings.adapters / BASE / "v0002" / file).unlink()
    with pytest.raises(AdapterError, match="v0002"):
        promote(database, settings=settings, version="v0002", by="Rosa", why="better")
    assert champion(database) == "v0001"


def test_an_adapter_of_other_weights_becomes_no_champion(settings: Settings, database: Database) -> None:
    folder = scaled_version(settings, database, factor=0.9, base_fingerprint="00")
    with pytest.raises(AdapterError, match="trained on other weights"):
        promote(database, settings=settings, version=folder.name, by="Rosa", why="better")
    assert champion(database) is None
