"""One evaluation as a table: a row for each measure and kind of one part, with its interval and its target."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from training.evaluation.evaluate import Evaluation
from training.evaluation.scoring import share_interval
from training.measures import MEASURES, PREFIXES, Measure, split_kind

HEADINGS = ("measure", "value", "95 % interval", "n", "target", "met")
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Row:
    """One measure; of one kind of question where the name says so."""

    name: str
    value: float
    cases: int | None
    """Of a share; None of other measures."""

    @property
    def measure(self) -> Measure:
        return MEASURES[split_kind(self.name)[0]]

    @property
    def label(self) -> str:
        """The measure's meaning; for one kind, the kind."""
        kind = split_kind(self.name)[1]
        return f"– {kind.replace('_', ' ')}" if kind else self.measure.meaning

    @property
    def target(self) -> float | None:
        """The measure's; of a kind only where not a single case may be wrong."""
        target = self.measure.target
        return target if target == 0 or not split_kind(self.name)[1] else None

    def cells(self) -> tuple[str, ...]:
        """As :data:`HEADINGS` name them."""
        interval = ""
        if self.cases:
            low, high = share_interval(self.value, self.cases)
            interval = f"{100 * low:.1f}–{100 * high:.1f} %"
        target = ""
        if self.target is not None:
            target = f"{'≥' if self.measure.higher_is_better else '≤'} {self._shown(self.target, '.4g')}"
        cases = "" if self.cases is None else str(self.cases)
        return self.label, self._shown(self.value), interval, cases, target, self._met()

    def _met(self) -> str:
        if self.target is None:
            return ""
        short = self.target - self.value if self.measure.higher_is_better else self.value - self.target
        if short <= _ROUNDING:
            return "yes"
        points = self.measure.unit == "share"
        return f"no, by {100 * short:.1f} points" if points else f"no, by {self._shown(short)}"

    def _shown(self, value: float, form: str = ".1f") -> str:
        unit = self.measure.unit
        return f"{100 * value:{form}} %" if unit == "share" else f"{value:.4g} {unit}".strip()


@dataclass(frozen=True)
class Table:
    """One part of an evaluation. What is published is this, without the questions and answers."""

    model: str
    """Base and adapter."""
    part: str
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, evaluation: Evaluation, part: str) -> Self:
        """The measures of a part, in their order, each followed by its kinds; speeds belong to every part."""
        model = f"{evaluation.base} + {evaluation.adapter}" if evaluation.adapter else evaluation.base
        return cls(model, part, tuple(_rows(evaluation, PREFIXES[part])))

    @classmethod
    def read(cls, text: str) -> Self:
        """What :meth:`as_json` made."""
        raw = json.loads(text)
        return cls(raw["model"], raw["part"], tuple(Row(**row) for row in raw["rows"]))

    def as_json(self) -> str:
        """With one line a row, so that a diff shows what changed."""
        rows: list[Mapping[str, Any]] = [
            {"name": row.name, "value": round(row.value, 6), "cases": row.cases} for row in self.rows
        ]
        lines = ",\n  ".join(json.dumps(row) for row in rows)
        return f'{{\n "model": {json.dumps(self.model)},\n "part": "{self.part}",\n "rows": [\n  {lines}\n ]\n}}\n'

    def as_markdown(self) -> str:
        """The table, with its last line end."""
        return markdown(HEADINGS, (row.cells() for row in self.rows))

    def with_kinds_of(self, names: Collection[str]) -> Self:
        """The table with kinds of these measures only, for readers who want it short."""
        rows = [row for row in self.rows if split_kind(row.name)[0] in names or not split_kind(row.name)[1]]
        return replace(self, rows=tuple(rows))

    def as_text(self) -> str:
        """For a terminal: each row in columns, begun with the measure's name."""
        cells = [(split_kind(row.name)[0], *row.cells()) for row in self.rows]
        return columns([("", *HEADINGS), *cells])


def _rows(evaluation: Evaluation, prefix: str) -> Iterator[Row]:
    kinds: dict[str, list[str]] = {}
    for name in evaluation.measures:
        kinds.setdefault(split_kind(name)[0], []).append(name)
    for name, measure in MEASURES.items():
        for found in sorted(kinds.get(name if measure.is_speed else prefix + name, [])):
            yield Row(found.removeprefix(prefix), evaluation.measures[found], evaluation.counts.get(found))


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; what a cell holds is text."""
    lines = [headings, ["---"] * len(headings), *rows]
    escaped = ([cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def columns(rows: Sequence[Sequence[str]]) -> str:
    """The rows, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
