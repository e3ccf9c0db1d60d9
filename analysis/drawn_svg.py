"""Figures of reports: what they say, drawn by matplotlib. The same figure gives the same bytes.

matplotlib loads inside the functions: the web process starts without it.
"""

import io
import math
from functools import singledispatch
from threading import Lock
from typing import TYPE_CHECKING, Any

from analysis.drawn import COLOURS, Drawing, Forest, Grouped, Heat, Lines, Scatter, Stacked

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 6.7  # inches: the text's width on A4
ROW, LETTER = 0.24, 0.066  # inches of a row, and of a letter
DRAWING = Lock()  # the look is a setting of the whole process: one thread draws at a time
MARKERS = ("o", "s", "D", "^", "P", "X")
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "---")
HATCH_OF = {"": "", "/": "///", "x": "xxx", ".": "..."}
INK, LINE = "#17202a", "#b9c1c8"
LOOK = {
    "svg.hashsalt": "semblance",  # ids of clips would else be drawn at random
    "svg.fonttype": "path",  # the same letters whatever fonts a reader has
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.edgecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
}


def drawn(drawing: Drawing) -> bytes:
    """The figure as SVG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with DRAWING, rc_context(LOOK):  # type: ignore[arg-type] # the look is one for the whole process
        above, beside, height = _legend_rows(drawing) * 0.17 + 0.1, _label_width(drawing), _height(drawing)
        figure = Figure(figsize=(WIDTH, height + above + 0.5))
        place = (
            beside / WIDTH,
            0.5 / (height + above + 0.5),
            1 - (beside + 0.15) / WIDTH,
            height / (height + above + 0.5),
        )
        _draw(drawing, figure.add_axes(place))
        written = io.BytesIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return written.getvalue()


def _height(drawing: Drawing) -> float:
    """Inches of the axes."""
    if isinstance(drawing, Forest):
        each = max(ROW, 0.12 * len(drawing.series))
        return 0.2 + each * len({row.label for row in drawing.rows})
    if isinstance(drawing, Stacked):
        return 0.2 + ROW * len(drawing.bars)
    return 2.6


def _names(drawing: Drawing) -> list[str]:
    """What stands in the legend."""
    if isinstance(drawing, Forest):
        return list(drawing.series)
    if isinstance(drawing, Stacked):
        return [layer.name for layer in drawing.layers]
    return [one[0] for one in drawing.series] if isinstance(drawing, Grouped | Lines) else []


def _columns(drawing: Drawing) -> int:
    """As many as fit side by side."""
    longest = max(map(len, _names(drawing)), default=1)
    return max(1, int(WIDTH / (LETTER * (longest + 6))))


def _legend_rows(drawing: Drawing) -> int:
    return math.ceil(len(_names(drawing)) / _columns(drawing))


def _label_width(drawing: Drawing) -> float:
    """Inches left of the axes."""
    if isinstance(drawing, Forest):
        labels = [row.label for row in drawing.rows]
    else:
        labels = list(drawing.bars) if isinstance(drawing, Stacked) else ["0" * 6]
    return 0.25 + LETTER * max(map(len, labels), default=1)


def _legend(drawing: Drawing, axes: "Axes") -> None:
    axes.legend(
        loc="lower left", bbox_to_anchor=(-_label_width(drawing) / WIDTH, 1.01), ncols=_columns(drawing),
        borderaxespad=0.1, handletextpad=0.5, columnspacing=1.2,
    )  # fmt: skip


@singledispatch
def _draw(drawing: Any, axes: "Axes") -> None:
    raise TypeError(f"no figure is drawn of {type(drawing).__name__}")


@_draw.register(Forest)
def _forest(drawing: Forest, axes: "Axes") -> None:
    labels = list(dict.fromkeys(row.label for row in drawing.rows))
    n = len(drawing.series)
    for place, name in enumerate(drawing.series):
        rows = [row for row in drawing.rows if row.series == place and row.value is not None]
        at = [labels.index(row.label) + (place - (n - 1) / 2) * 0.7 / n for row in rows]
        colour = COLOURS[place % len(COLOURS)]
        for row, y in zip(rows, at, strict=True):
            if row.low is not None and row.high is not None:
                axes.plot([row.low, row.high], [y, y], color=colour, linewidth=1.2)
        values = [row.value for row in rows if row.value is not None]
        axes.plot(values, at, MARKERS[place % len(MARKERS)], color=colour, markersize=4.5, label=name, linestyle="none")
    for where, name in drawing.lines:
        axes.axvline(where, color=INK, linestyle="--", linewidth=0.8)
        axes.annotate(name, (where, len(labels) - 0.45), fontsize=6.5, ha="left", va="bottom", xytext=(2, 0),
                      textcoords="offset points")  # fmt: skip
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    if drawing.x_range:
        axes.set_xlim(*drawing.x_range)
    axes.set_xlabel(drawing.x_title)
    _legend(drawing, axes)


@_draw.register(Stacked)
def _stacked(drawing: Stacked, axes: "Axes") -> None:
    left = [0.0] * len(drawing.bars)
    for layer in drawing.layers:
        shares = drawing.shares(layer)
        axes.barh(
            range(len(drawing.bars)), shares, left=left, color=layer.colour, hatch=HATCH_OF.get(layer.pattern, ""),
            edgecolor="white" if not layer.pattern else INK, linewidth=0.4, label=layer.name, height=0.75,
        )  # fmt: skip
        for place, (share, count) in enumerate(zip(shares, layer.counts, strict=True)):
            if share >= 4:
                axes.text(left[place] + share / 2, place, str(count), ha="center", va="center", fontsize=6.5, color=INK)
        left = [before + share for before, share in zip(left, shares, strict=True)]
    axes.set_yticks(range(len(drawing.bars)), drawing.bars)
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel(drawing.x_title)
    _legend(drawing, axes)


@_draw.register(Grouped)
def _grouped(drawing: Grouped, axes: "Axes") -> None:
    width = 0.8 / max(len(drawing.series), 1)
    for place, (name, counts) in enumerate(drawing.series):
        at = [tick - 0.4 + width * (place + 0.5) for tick in range(len(drawing.ticks))]
        axes.bar(
            at, drawing.shares(counts), width, color=COLOURS[place % len(COLOURS)],
            hatch=HATCHES[place % len(HATCHES)], edgecolor="white", linewidth=0.4, label=name,
        )  # fmt: skip
    axes.set_xticks(range(len(drawing.ticks)), drawing.ticks)
    axes.set_ylim(0, 100)
    axes.set_xlabel(drawing.x_title)
    axes.set_ylabel(drawing.y_title)
    _legend(drawing, axes)


@_draw.register(Heat)
def _heat(drawing: Heat, axes: "Axes") -> None:
    most = max((count for row in drawing.counts for count in row), default=0)
    axes.imshow([list(row) for row in drawing.counts], cmap="Blues", vmin=0, vmax=max(most, 1))
    for y, row in enumerate(drawing.counts):
        for x, count in enumerate(row):
            axes.text(x, y, str(count), ha="center", va="center", color="white" if count > 0.6 * most else INK)
    axes.set_xticks(
        range(len(drawing.labels)), [label.split()[0] for label in drawing.labels]
    )  # words stand beside rows
    axes.set_yticks(range(len(drawing.labels)), drawing.labels)
    axes.grid(False)
    axes.set_xlabel(drawing.x_title)
    axes.set_ylabel(drawing.y_title)


@_draw.register(Scatter)
def _scatter(drawing: Scatter, axes: "Axes") -> None:
    axes.plot([spot.x for spot in drawing.spots], [spot.y for spot in drawing.spots], "o", color=COLOURS[0],
              markersize=4, alpha=0.75, linestyle="none")  # fmt: skip
    styles = {"solid": "-", "dash": "--", "dot": ":"}
    for height, name, dash in drawing.lines:
        axes.axhline(height, linestyle=styles[dash], linewidth=1, color=COLOURS[1] if dash == "dash" else INK)
        axes.annotate(name, (1, height), xycoords=("axes fraction", "data"), fontsize=6.5, ha="right", va="bottom")
    axes.set_xlabel(drawing.x_title)
    axes.set_ylabel(drawing.y_title)


@_draw.register(Lines)
def _lines(drawing: Lines, axes: "Axes") -> None:
    for place, (name, values, _n) in enumerate(drawing.series):
        axes.plot(
            range(len(values)), [float("nan") if value is None else value for value in values],
            marker=MARKERS[place % len(MARKERS)], color=COLOURS[place % len(COLOURS)], markersize=4, linewidth=1.2,
            label=name,
        )  # fmt: skip
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.set_xticks(range(len(drawing.ticks)), drawing.ticks)
    axes.set_xlabel(drawing.x_title)
    axes.set_ylabel(drawing.y_title)
    _legend(drawing, axes)
