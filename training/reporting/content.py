"""What a report says, worked out from two evaluations: measures beside each other, and every answer that changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.generation.manifest import Manifest
from training.evaluation.asking import Asked
from training.evaluation.evaluate import Evaluation
from training.evaluation.scoring import share_interval
from training.measures import MEASURES, TEST
from training.promotion import Verdict, judge
from training.recipe import Gate

PUBLISHED = ((1, 1.89005), (3, 0.8395))
"""The results that the ``paper`` recipe repeats: (epochs, training loss at step 25 in nats per token)."""


@dataclass(frozen=True)
class MeasureRow:
    """One measure of champion and candidate; None: not measured."""

    name: str
    before: float | None
    after: float | None
    interval: tuple[float, float] | None
    """95 % confidence interval of ``after``, of a share."""
    cases: int | None
    """Number of cases behind ``after``, of a share."""
    better: bool | None
    """True: better than before; False: worse; None: the same, or not comparable."""
    holds: bool | None
    """Whether the recipe's gates on it hold; None: there is none."""

    @property
    def higher_is_better(self) -> bool:
        return MEASURES[self.name.removeprefix(TEST)].higher_is_better


@dataclass(frozen=True)
class Reply:
    """What came of a question."""

    kind: str
    text: str
    right: bool


@dataclass(frozen=True)
class Change:
    """A question that champion and candidate answered differently; None: it was not asked."""

    mode: str
    set: str
    part: str
    question: str
    expected: str
    before: Reply | None
    after: Reply | None

    @property
    def outcome(self) -> str:
        """``worse``, ``better``, or ``other`` where right stayed right or wrong stayed wrong."""
        was, is_now = (reply is not None and reply.right for reply in (self.before, self.after))
        return "other" if was == is_now else "better" if is_now else "worse"


@dataclass(frozen=True)
class Report:
    """All that the page says."""

    version: str
    champion: str | None
    """The version that it was compared with; None: the bare base, or nothing."""
    promoted: bool
    reasons: tuple[str, ...]
    measures: tuple[MeasureRow, ...]
    known: int
    """Pairs that the candidate answers letter by letter without passages."""
    known_before: int | None
    pairs: int
    changes: tuple[Change, ...]
    unchanged: int | None
    """Number of questions that both answered alike; None: there was nothing to compare with."""
    lengths: tuple[int, ...]
    """Tokens of each training row."""
    published: tuple[tuple[int, float], ...]
    """:data:`PUBLISHED` for the ``paper`` recipe, else empty."""
    manifest: Manifest

    @property
    def compared(self) -> bool:
        """Whether there was anything to compare with."""
        return self.unchanged is not None


def build_report(
    manifest: Manifest,
    candidate: Evaluation,
    champion: Evaluation | None,
    verdict: Verdict,
    version: str,
    lengths: Sequence[int],
) -> Report:
    """The report of one retraining; see :func:`training.reporting.report.write_report`."""
    after = _by_question(candidate)
    before = _by_question(champion) if champion else {}
    changes = tuple(_changes(before, after)) if champion else ()
    return Report(
        version=version,
        champion=champion.adapter if champion else None,
        promoted=verdict.promote,
        reasons=verdict.reasons,
        measures=tuple(_rows(candidate, champion, manifest)),
        known=candidate.counts["closed_book_known"],
        known_before=champion.counts["closed_book_known"] if champion else None,
        pairs=candidate.counts["pairs"],
        changes=changes,
        unchanged=len(before | after) - len(changes) if champion else None,
        lengths=tuple(lengths),
        published=PUBLISHED if manifest.recipe["name"] == "paper" else (),
        manifest=manifest,
    )


def gates_by_measure(manifest: Manifest) -> dict[str, list[Gate]]:
    """The recipe's gates by the measure that they are on."""
    recipe: Any = manifest.recipe
    gates: dict[str, list[Gate]] = {}
    for raw in recipe["gates"]:
        gates.setdefault(raw["measure"], []).append(Gate(**raw))
    return gates


def _rows(candidate: Evaluation, champion: Evaluation | None, manifest: Manifest) -> Iterator[MeasureRow]:
    gates = gates_by_measure(manifest)
    for name in [*MEASURES, *(TEST + name for name in MEASURES)]:
        before = champion.measures.get(name) if champion else None
        after = candidate.measures.get(name)
        if before is None and after is None and name not in gates:
            continue
        better = None
        if before is not None and after is not None and before != after:
            better = (after > before) == MEASURES[name.removeprefix(TEST)].higher_is_better
        cases = candidate.counts.get(name)
        interval = share_interval(after, cases) if after is not None and cases else None
        holds = judge(gates[name], candidate, champion, champion_name="").promote if name in gates else None
        yield MeasureRow(name, before, after, interval, cases, better, holds)


_Key = tuple[str, str, str, str]


def _by_question(evaluation: Evaluation) -> dict[_Key, Asked]:
    return {(asked.mode, asked.set, asked.part, asked.question): asked for asked in evaluation.answers}


def _changes(before: dict[_Key, Asked], after: dict[_Key, Asked]) -> Iterator[Change]:
    for key in before | after:
        was, is_now = _reply(before.get(key)), _reply(after.get(key))
        if was != is_now:
            yield Change(*key, (after.get(key) or before[key]).expected, was, is_now)


def _reply(asked: Asked | None) -> Reply | None:
    return Reply(asked.kind, asked.text, asked.right) if asked else None
