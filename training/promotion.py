"""Which adapter serves: a candidate is judged by its recipe's gates; the champion's alias moves on, or back.

Each move is recorded with who, when and why. Whoever moves the alias holds the lock ``training.requests.LOCK``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isnan

from bot.adapters import Registered
from bot.generation.loading import read_config
from bot.generation.lora import check_adapter
from bot.generation.manifest import read_manifest
from bot.settings import Settings
from storage import registry
from storage.database import Database
from storage.errors import UnknownId
from storage.registry import CHAMPION, AdapterRecord
from training.evaluation.evaluate import Evaluation
from training.measures import MEASURES
from training.recipe import Gate

_MAIN = ("served.right", "raw.right", "closed_book.known")
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Verdict:
    """Whether a candidate may serve, and why."""

    promote: bool
    reasons: tuple[str, ...]
    """In words and numbers: every gate that failed, or the main numbers where none did."""


def judge(gates: Sequence[Gate], candidate: Evaluation, champion: Evaluation | None, *, champion_name: str) -> Verdict:
    """Holds the candidate against each gate's own bounds, and against the champion on the same questions.

    A measure that is absent fails a gate with a bound, as "not a number" fails every gate; it is not compared.
    """
    if not gates:
        return Verdict(False, (f"the recipe has no gates, and nothing is promoted without: kept {champion_name}",))
    before = champion.measures if champion else {}
    failures = [text for gate in gates for text in _failures(gate, candidate.measures, before, champion_name)]
    if failures:
        return Verdict(False, tuple(f"{text}: kept {champion_name}" for text in failures))
    held = f"all {len(gates)} gates hold"
    numbers = [
        f"{name} {_shown(candidate.measures[name])}"
        + (f" ({champion_name}: {_shown(before[name])})" if name in before else "")
        for name in _MAIN
        if name in candidate.measures
    ]
    absent = [f"{gate.measure} was not measured" for gate in gates if gate.measure not in candidate.measures]
    return Verdict(True, (held, *numbers, *absent))


def _failures(gate: Gate, candidate: dict[str, float], champion: dict[str, float], champion_name: str) -> Iterator[str]:
    name, value, before = gate.measure, candidate.get(gate.measure), champion.get(gate.measure)
    if value is None:
        if (gate.at_least, gate.at_most) != (None, None):
            yield f"{name} was not measured, and the gate has a bound"
        return
    if gate.at_least is not None and not value >= gate.at_least:
        yield f"{name} {_shown(value)} < {_shown(gate.at_least)}"
    if gate.at_most is not None and not value <= gate.at_most:
        yield f"{name} {_shown(value)} > {_shown(gate.at_most)}"
    if gate.worse_by is None or before is None or isnan(before):
        return
    worse = before - value if MEASURES[name].higher_is_better else value - before
    if not worse <= gate.worse_by + _ROUNDING:
        yield f"{name} {_shown(value)} is worse than {_shown(before)} by more than {_shown(gate.worse_by)}"


def _shown(value: float) -> str:
    return f"{value:.4g}"


def promote(database: Database, *, settings: Settings, version: str, by: str, why: str) -> None:
    """Makes a registered version of the base in ``settings`` the champion; nothing happens where it is already.

    Raises:
        UnknownId: the base has no such version.
        AdapterError: its folder is damaged, or it was trained on other weights.
    """
    registered = Registered(settings, database)
    record = find(registered, database, version)
    present = registered.champion()
    if present is None or present.version != version:
        _move(database, settings, registered, record, by=by, why=why)


def find(registered: Registered, database: Database, version: str) -> AdapterRecord:
    """A registered version of the base in service.

    Raises:
        UnknownId: there is no such version.
    """
    with database.reading() as session:
        for record in registry.versions(session, registered.base):
            if record.version == version:
                return record
    raise UnknownId(f"{registered.base} has no version {version!r}. 'cenfobot-train versions' lists them.")


def rollback(database: Database, *, settings: Settings, by: str, why: str) -> str:
    """Makes the champion before the present one the champion again; its version.

    A version that was rolled back is no champion before another any more: twice in a row goes further back.

    Raises:
        UnknownId: there is no champion before the present one.
        AdapterError: its folder is damaged, or it was trained on other weights.
    """
    registered = Registered(settings, database)
    champions = registered.champions()
    if len(champions) < 2:
        present = f"{champions[0].version} is the first champion" if champions else "there is no champion"
        raise UnknownId(
            f"There is nothing to roll {registered.base} back to: {present}. 'cenfobot-train versions' lists all "
            "versions; 'cenfobot-train promote VERSION' takes any of them."
        )
    _move(database, settings, registered, champions[1], by=by, why=why)
    return champions[1].version


def _move(
    database: Database, settings: Settings, registered: Registered, record: AdapterRecord, *, by: str, why: str
) -> None:
    """Points the alias at a version that the running bot will not refuse."""
    folder = registered.adapter(record).path
    read_manifest(folder)
    check_adapter(folder, settings.base_model, read_config(settings.base_model))
    with database.writing() as session:
        base, version, now = record.base, record.version, datetime.now(UTC)
        registry.set_alias(session, base=base, alias=CHAMPION, version=version, by=by, why=why, now=now)
