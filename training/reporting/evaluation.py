"""An evaluation in a folder: tables, confusion and the worst answers to read, and the same as JSON, CSV and a curve."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from training.evaluation.analysis import Point, confusion, scope_curve, worst
from training.evaluation.asking import Asked
from training.evaluation.evaluate import Evaluation
from training.measures import PREFIXES
from training.reporting import plots
from training.reporting.tables import Table, columns, markdown


def parts_of(evaluation: Evaluation) -> list[str]:
    """The parts that were asked."""
    return [part for part in PREFIXES if any(asked.part == part for asked in evaluation.answers)]


def write_evaluation(folder: Path, evaluation: Evaluation, *, answer_from: float) -> Path:
    """Writes all of it into ``folder`` and returns ``evaluation.md``, where a reader begins.

    Besides it, for each part: its measures (``PART.json``) and its curve (``PART_scope.csv``, ``PART_scope.png``),
    with the operating point ``answer_from`` marked. Files of an earlier call are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages = []
    for part in parts_of(evaluation):
        table, curve = Table.of(evaluation, part), scope_curve(evaluation.answers, part)
        (folder / f"{part}.json").write_text(table.as_json(), encoding="utf-8")
        if curve:
            (folder / f"{part}_scope.csv").write_text(_as_csv(curve), encoding="utf-8")
            (folder / f"{part}_scope.png").write_bytes(plots.as_png(plots.scope_curve(curve, answer_from)))
        pages.append(_page(table, confusion(evaluation.answers, part), has_curve=bool(curve)))
    page = folder / "evaluation.md"
    wrong = worst(evaluation.answers)
    page.write_text("\n".join([*pages, _worst(wrong)]), encoding="utf-8")
    return page


def as_text(evaluation: Evaluation) -> str:
    """The same for a terminal: measures and decisions of each part, and the worst answers."""
    blocks = []
    for part in parts_of(evaluation):
        headings, *rows = _decisions(confusion(evaluation.answers, part))
        blocks += [f"part {part}", Table.of(evaluation, part).as_text(), columns([headings, *rows])]
    for asked in worst(evaluation.answers):
        decided = asked.kind if asked.probability is None else f"{asked.kind}, {asked.probability:.2f}"
        blocks.append(f"{asked.set} {asked.category}: {asked.question}\n  ({decided}) {asked.text}")
    return "\n\n".join(blocks)


def _decisions(decided: Mapping[str, Counter[str]]) -> list[tuple[str, ...]]:
    """Headings and rows of the confusion."""
    kinds = sorted({kind for counts in decided.values() for kind in counts})
    rows = [(expected, *(str(counts[kind]) for kind in kinds)) for expected, counts in decided.items()]
    return [("expected, decided:", *kinds), *rows]


def _page(table: Table, decided: Mapping[str, Counter[str]], *, has_curve: bool) -> str:
    """The Markdown of one part."""
    headings, *rows = _decisions(decided)
    curve = f"![Recall of out-of-scope questions against false refusals]({table.part}_scope.png)\n" if has_curve else ""
    confused = markdown(headings, rows)
    return f"# {table.model}, part {table.part}\n\n{table.as_markdown()}\n## Decisions\n\n{confused}\n{curve}"


def _worst(wrong: Sequence[Asked]) -> str:
    """The Markdown of the worst answers; a question that needs no answer expects none."""
    rows = [
        (a.part, a.set, a.category, a.question, a.kind, "" if a.probability is None else f"{a.probability:.2f}", a.text,
         a.expected)
        for a in wrong
    ]  # fmt: skip
    headings = ("part", "set", "kind", "question", "decided", "probability", "answer", "approved answer")
    return f"# The {len(wrong)} worst answers\n\nOf the parts that may be looked at.\n\n{markdown(headings, rows)}"


def _as_csv(curve: Sequence[Point]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Point)], delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(point) for point in curve)
    return text.getvalue()
