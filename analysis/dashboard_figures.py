"""What all figures of the dashboards share: rows of marks that lead to the video, means with intervals, JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, TypeAlias

import plotly.graph_objects as go
from django.utils.translation import gettext as _
from plotly.utils import PlotlyJSONEncoder

from analysis.algorithms.fidelity.intervals import Mean
from analysis.dashboard_methods import Cell, cells, means_of
from analysis.dashboard_rows import Measured, labels
from analysis.fidelity_columns import Column
from analysis.fidelity_figures import AXIS, COLOURS, SYMBOLS, laid_out
from analysis.plain_figure import PlainFigure

AnyFigure: TypeAlias = go.Figure | PlainFigure
By = Mapping[str, Sequence[Measured]]
BAND, GREY = "rgba(128, 140, 152, 0.22)", "rgba(128, 140, 152, 0.7)"
ROW, FRAME = 72, 168  # pixels: of each method, and of what is around them


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure for charts.js with its words; without data the note says why."""

    name: str
    title: str
    note: str
    data: dict[str, Any] | None = None
    heads: Sequence[str] = ()
    numbers: Sequence[tuple[str, Sequence[Cell]]] = ()


def as_data(figure: AnyFigure) -> dict[str, Any]:
    """Through plotly's own JSON: a dictionary made by hand may hold NaN, which is no JSON."""
    if isinstance(figure, PlainFigure):
        told = PlotlyJSONEncoder().encode({"data": figure.data, "layout": figure.layout})
    else:
        told = figure.to_json()
    data: dict[str, Any] = json.loads(told)
    data["layout"].pop("template", None)  # 7 kB that charts.js replaces
    return data


def looks(number: int) -> dict[str, Any]:
    """Colour and symbol together: neither alone has to tell."""
    return {"color": COLOURS[number % len(COLOURS)], "symbol": SYMBOLS[number % len(SYMBOLS)]}


def lead(one: Measured, at: float | None = None) -> list[str]:
    """What a mark carries: where a click leads, and whose it is."""
    return [one.address if at is None else f"{one.address}?t={at:g}", one.name]


def strips(
    by_method: By, measures: Sequence[tuple[str, str]], axis: str, lines: Mapping[str, float] | None = None,
    means: Mapping[str, Mapping[str, Mean]] | None = None,
) -> PlainFigure | None:  # fmt: skip
    """A row for each method; small marks are recordings, large ones means with 95% intervals over participants.

    Parameters
    ----------
    measures : (label, path of a number)
    lines : vertical lines by their names
    means : by method and path, where they are known already
    """
    figure = PlainFigure()
    means = means or all_means(by_method, measures)
    if not any(mean.n for found in means.values() for mean in found.values()):
        return None
    for number, (label, path) in enumerate(measures):
        height = (number - (len(measures) - 1) / 2) * 0.72 / max(len(measures), 3)
        _marks(figure, by_method, path, height, looks(number))
        _means(figure, [means[name][path] for name in by_method], height, looks(number), label)
    for name, place in (lines or {}).items():
        figure.add_vline(place, line={"color": AXIS, "dash": "dash", "width": 1}, annotation_text=name)
    figure.update_xaxes(title=axis)
    return in_rows(figure, list(labels(by_method).values()))


def all_means(by_method: By, measures: Sequence[tuple[str, str]]) -> dict[str, dict[str, Mean]]:
    """Means by method and path."""
    return {name: means_of(rows, [path for _label, path in measures]) for name, rows in by_method.items()}


def in_rows(figure: PlainFigure, names: Sequence[str]) -> PlainFigure:
    """A vertical axis of methods, from top to bottom."""
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=[name.replace(" (", "<br>(") for name in names],
        range=[len(names) - 0.5, -0.5], showgrid=False, zeroline=False, fixedrange=True,
    )  # fmt: skip
    laid_out(figure, height=FRAME + ROW * len(names))
    figure.update_layout(margin={"l": 188})
    return figure


def _marks(figure: PlainFigure, by_method: By, path: str, height: float, look: dict[str, Any]) -> None:
    found = [
        (index, one, value)
        for index, rows in enumerate(by_method.values())
        for one in rows
        if isinstance(value := one.number(path), float)
    ]
    figure.add_scatter(
        x=[value for *_place, value in found], y=[index + height for index, *_rest in found], mode="markers",
        marker={**look, "size": 7, "opacity": 0.45}, showlegend=False, customdata=[lead(one) for _i, one, _v in found],
        hovertemplate="%{customdata[1]}: %{x:.3f}<extra></extra>",
    )  # fmt: skip


def _means(figure: PlainFigure, means: Sequence[Mean], height: float, look: dict[str, Any], label: str) -> None:
    known = [(index, mean) for index, mean in enumerate(means) if isfinite(mean.mean)]
    spread = [[_reach(mean.high, mean.mean), _reach(mean.mean, mean.low)] for _index, mean in known]
    figure.add_scatter(
        x=[mean.mean for _index, mean in known], y=[index + height for index, _mean in known], mode="markers",
        name=label, marker={**look, "size": 13, "line": {"width": 1.5, "color": "#17202a"}},
        error_x={
            "type": "data", "symmetric": False, "array": [up for up, _down in spread],
            "arrayminus": [down for _up, down in spread], "color": look["color"], "thickness": 2, "width": 5,
        },
        customdata=[[mean.n, mean.n_participants] for _index, mean in known],
        hovertemplate=label + ": %{x:.3f} ("
        + _("%(n)s recordings of %(people)s participants") % {"n": "%{customdata[0]}", "people": "%{customdata[1]}"}
        + ")<extra></extra>",
    )  # fmt: skip


def _reach(one: float, other: float) -> float:
    return one - other if isfinite(one) and isfinite(other) else 0.0


def drawn(name: str, title: str, note: str, figure: AnyFigure | None) -> Drawn:
    """A figure that may have nothing to draw."""
    if figure is None:
        return Drawn(name, title, _("Nothing to draw: no shown rendition has these numbers."))
    return Drawn(name, title, note, as_data(figure))


def stripped(
    name: str, title: str, note: str, by_method: By, measures: Sequence[tuple[str, str]], axis: str,
    lines: Mapping[str, float] | None = None,
) -> Drawn:  # fmt: skip
    """`strips` with the numbers in a table."""
    means = all_means(by_method, measures)
    found = drawn(name, title, note, strips(by_method, measures, axis, lines, means))
    columns = [Column(label, path, 3) for label, path in measures]
    named = zip(labels(by_method).values(), by_method.items(), strict=True)
    numbers = [(label, cells(rows, columns, means[method])) for label, (method, rows) in named]
    return replace(found, heads=[label for label, _path in measures], numbers=numbers)
