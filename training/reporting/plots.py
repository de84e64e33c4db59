"""The report's plots: figures in, an SVG that follows the page's colours or a PNG on white out.

Figures are made without pyplot, so nothing is shared between two of them and no display is needed.
"""

import io
import re
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from training.evaluation.analysis import Point
from training.reporting.texts import percent

INK, GRID, BEFORE, AFTER = "#1b2733", "#d3d9e1", "#8893a2", "#1769aa"
WIDTH = 4.4
"""Inches: on a phone the text is still large enough to read, and a desk shows it larger."""
_VARIABLES = {INK: "var(--ink)", GRID: "var(--line)", BEFORE: "var(--before)", AFTER: "var(--after)"}
_STYLE: Any = {  # matplotlib's stubs want each key as a literal
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.axisbelow": True,
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "grid.color": GRID,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "cenfobot",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}
_Arguments = ParamSpec("_Arguments")


def _styled(draw: Callable[_Arguments, Figure]) -> Callable[_Arguments, Figure]:
    def styled(*args: _Arguments.args, **options: _Arguments.kwargs) -> Figure:
        with matplotlib.rc_context(_STYLE):
            return draw(*args, **options)

    return styled


@_styled
def loss_curve(losses: Sequence[tuple[int, float]], held_out: Sequence[tuple[int, float]]) -> Figure:
    """Both curves of a manifest, as (optimizer step, nats per completion token); either may be empty."""
    figure, axes = _figure(3.0)
    for points, label, color, style in (
        (losses, "filas de entrenamiento", AFTER, "-"),
        (held_out, "redacciones reservadas", INK, "--"),
    ):
        if points:
            steps, values = zip(*points, strict=True)
            axes.plot(steps, values, style, color=color, label=label, marker="o", markersize=3, linewidth=1.5)
    axes.set_xlabel("paso de optimización")
    axes.set_ylabel("pérdida (nats por token)")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    if losses or held_out:
        axes.legend()
        axes.set_ylim(bottom=0)
    else:
        axes.text(0.5, 0.5, "no se registró la pérdida", transform=axes.transAxes, ha="center")
    return figure


@_styled
def before_and_after(bars: Sequence[tuple[str, float | None, float | None]]) -> Figure:
    """A pair of bars for each (label, share before, share after), from top to bottom; None: no bar."""
    figure, axes = _figure(0.5 + 0.62 * len(bars))
    for row, (label, before, after) in enumerate(bars):
        axes.text(0, row - 0.32, label, va="bottom")
        for value, offset, color in ((before, -0.16, BEFORE), (after, 0.12, AFTER)):
            if value is not None:
                axes.barh(row + offset, value, height=0.26, color=color)
                axes.text(value + 0.01, row + offset, percent(value), va="center", fontsize=9)
    axes.set_xlim(0, 1.12)
    axes.set_ylim(len(bars) - 0.6, -0.75)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    return figure


@_styled
def length_histogram(lengths: Sequence[int]) -> Figure:
    """How many training rows have how many tokens; there must be rows."""
    figure, axes = _figure(2.6)
    axes.hist(lengths, bins=min(30, max(lengths) - min(lengths) + 1), color=AFTER)
    axes.set_xlabel("tokens de la fila, pregunta y respuesta juntas")
    axes.set_ylabel("filas")
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    return figure


@_styled
def scope_curve(curve: Sequence[Point], answer_from: float) -> Figure:
    """Recall of out-of-scope questions against false refusals, for developers; the dots are at ``answer_from``."""
    figure, axes = _figure(3.2)
    refusals = [point.false_refusals for point in curve]
    here = min(curve, key=lambda point: abs(point.answer_from - answer_from))
    for name, color in (("far", BEFORE), ("near", AFTER)):
        axes.plot(refusals, [getattr(point, f"{name}_recall") for point in curve], color=color, label=name)
        axes.plot(here.false_refusals, getattr(here, f"{name}_recall"), "o", color=color)
    axes.set_xlabel("approved questions refused")
    axes.set_ylabel("out-of-scope questions refused")
    axes.set_xlim(0, max(0.3, 2 * here.false_refusals))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axes.legend(loc="lower right")
    return figure


def as_svg(figure: Figure, name: str, description: str) -> str:
    """The figure as an element of a page that defines the colours; ``name`` makes its ids unique there."""
    buffer = io.StringIO()
    with matplotlib.rc_context(_STYLE):
        figure.savefig(
            buffer,
            format="svg",
            transparent=True,
            metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")),
        )
    text = buffer.getvalue()
    view = re.search(r'viewBox="[^"]+"', text)
    assert view
    body = re.sub(r"<style.*?</style>", "", text[text.index(">", view.end()) + 1 :], count=1, flags=re.DOTALL)
    body = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", body)
    for color, variable in _VARIABLES.items():
        body = body.replace(color, variable)
    return f'<svg {view[0]} role="img" aria-label="{description}">{body}'


def as_png(figure: Figure) -> bytes:
    """The figure on white, 150 pixels per inch."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150, facecolor="white")
    return buffer.getvalue()


def _figure(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height))
    return figure, figure.subplots()
