"""What a retraining changed, for staff to read: one HTML page that needs nothing else, the same as JSON, a PNG curve.

The page is in Spanish, works without a network, follows the light or dark of the device, and prints. Page and JSON
are made from one :class:`training.reporting.content.Report`, so neither says what the other does not.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from difflib import SequenceMatcher
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.errors import DataError
from bot.generation.manifest import Manifest
from training.evaluation.evaluate import Evaluation
from training.measures import TEST
from training.promotion import Verdict
from training.reporting import plots
from training.reporting import texts as report_texts
from training.reporting.content import MeasureRow, Reply, Report, build_report, gates_by_measure

PUBLISHED_STEP = 25


def write_report(
    folder: Path,
    *,
    manifest: Manifest,
    candidate: Evaluation,
    champion: Evaluation | None,
    verdict: Verdict,
    version: str,
    lengths: Sequence[int],
) -> Path:
    """Writes ``report.html``, ``report.json`` and ``loss.png`` into ``folder`` and returns the page's path.

    ``lengths`` are the tokens of each training row; ``champion`` is None where there was nothing to compare with. All
    that it is made of is written beside it, for :func:`rewrite_report`. Files of an earlier call are replaced.
    """
    report = build_report(manifest, candidate, champion, verdict, version, lengths)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "loss.png").write_bytes(plots.as_png(plots.loss_curve(manifest.losses, manifest.held_out_losses)))
    text = json.dumps(asdict(report), ensure_ascii=False, indent=1)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    candidate.write(folder / "candidate.json")
    if champion:
        champion.write(folder / "champion.json")
    page = folder / "report.html"
    page.write_text(as_html(report), encoding="utf-8")
    return page


def rewrite_report(folder: Path, manifest: Manifest, version: str) -> Path:
    """Makes a version's report anew, with this release's page, from what lies beside it; returns the page's path.

    Raises:
        DataError: there is no report to make anew.
    """
    try:
        old = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        candidate = Evaluation.read(folder / "candidate.json")
    except FileNotFoundError as error:
        raise DataError(f"{version} has no report in {folder}: it was not trained by 'cenfobot-train run'.") from error
    before = folder / "champion.json"
    return write_report(
        folder,
        manifest=manifest,
        candidate=candidate,
        champion=Evaluation.read(before) if before.is_file() else None,
        verdict=Verdict(old["promoted"], tuple(old["reasons"])),
        version=version,
        lengths=old["lengths"],
    )


def as_html(report: Report) -> str:
    """The page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": report_texts.shown, "percent": report_texts.percent, "plain": _plain}
    recipe: Any = report.manifest.recipe
    minutes, seconds = divmod(round(report.manifest.wall_seconds), 60)
    return environment.get_template("report.html.j2").render(
        report=report,
        manifest=report.manifest,
        fields=asdict(report.manifest),
        texts=report_texts,
        recipe=dict(_flat(recipe)),
        gates=gates_by_measure(report.manifest),
        failed=[row for row in report.measures if row.holds is False],
        sections=list(_sections(report.measures)),
        groups={name: [c for c in report.changes if c.outcome == name] for name in report_texts.OUTCOMES},
        differing=_differing,
        plots=_plots(report),
        duration=f"{minutes} min {seconds} s",
        middle=median(report.lengths or [0]),
        step=PUBLISHED_STEP,
        ours=dict(report.manifest.losses).get(PUBLISHED_STEP),
    )


def _plots(report: Report) -> Mapping[str, str]:
    """The figures that have something to show, as elements of the page."""
    shares = [row for row in report.measures if row.interval and not row.name.startswith(TEST)]
    bars = [
        (f"{report_texts.label(row.name)} {'↑' if row.higher_is_better else '↓'}", row.before, row.after)
        for row in shares
    ]
    losses, held_out = report.manifest.losses, report.manifest.held_out_losses
    drawn = {}
    if bars:
        drawn["bars"] = plots.before_and_after(bars), "Medidas antes y después; la tabla que sigue da sus valores"
    if losses or held_out:
        drawn["loss"] = plots.loss_curve(losses, held_out), "Pérdida por paso de optimización"
    if report.lengths:
        drawn["lengths"] = plots.length_histogram(report.lengths), "Cuántas filas hay de cada largo"
    return {name: plots.as_svg(figure, name, words) for name, (figure, words) in drawn.items()}


def _sections(rows: Sequence[MeasureRow]) -> Iterator[tuple[str, list[MeasureRow]]]:
    """The rows under the titles of the tables that show them."""
    for prefix, note in (("", ""), (TEST, " (con preguntas de prueba: solo se informa)")):
        for mode, title in report_texts.GROUPS.items():
            if found := [row for row in rows if row.name.startswith(f"{prefix}{mode}.")]:
                yield title + note, found


def _differing(one: Reply, other: Reply | None) -> list[tuple[str, bool]]:
    """The text of ``one`` in pieces, with whether ``other`` lacks them; unlike texts are not told apart."""
    words, others = (re.split(r"(\s+)", reply.text if reply else "") for reply in (one, other))
    matcher = SequenceMatcher(None, others, words, autojunk=False)
    if matcher.ratio() < 0.6:
        return [(one.text, False)] if one.text else []
    return [
        ("".join(words[start:end]), tag != "equal") for tag, _, _, start, end in matcher.get_opcodes() if end > start
    ]


def _flat(recipe: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The recipe's values by dotted key, but for the gates, which stand with their measures."""
    for key, value in recipe.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", setting) for inner, setting in value.items())
        elif key != "gates":
            yield key, value


def _plain(value: object) -> str:
    """A recipe's value in words."""
    if value is None:
        return "sin valor"
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
