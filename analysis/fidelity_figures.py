"""Figures of fidelity, as Plotly figures."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from django.utils.translation import gettext, gettext_noop
from numpy.typing import NDArray
from plotly.subplots import make_subplots

Floats = NDArray[np.float64]

FONT = {"family": "system-ui, sans-serif", "size": 14, "color": "#17202a"}
GRID, AXIS = "#d3dae1", "#55616d"
# Okabe-Ito, a symbol beside each colour.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
PARTS = (
    (gettext_noop("brows"), 0, 10), (gettext_noop("nose"), 10, 19), (gettext_noop("eyes"), 19, 31),
    (gettext_noop("mouth"), 31, 51),
)  # fmt: skip
N_POINTS = 51


def laid_out(figure: go.Figure, height: int = 420, **more: Any) -> go.Figure:
    """One look for all figures."""
    figure.update_layout(
        font=FONT, paper_bgcolor="#ffffff", plot_bgcolor="#ffffff", height=height,
        margin={"l": 88, "r": 24, "t": 48, "b": 64},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}, **more,
    )  # fmt: skip
    figure.update_xaxes(gridcolor=GRID, zerolinecolor=AXIS, linecolor=AXIS)
    figure.update_yaxes(gridcolor=GRID, zerolinecolor=AXIS, linecolor=AXIS)
    return figure


def square(pairs: Floats) -> Floats:
    """(51, 51) symmetric matrix of (1275,) values of pairs; NaN on the diagonal."""
    matrix = np.full((N_POINTS, N_POINTS), np.nan)
    one, two = np.triu_indices(N_POINTS, k=1)
    matrix[one, two] = matrix[two, one] = pairs
    return matrix


def pair_map(maps: Mapping[str, Floats], title: str = "r CCA") -> go.Figure:
    """Heat maps of (1275,) values of pairs side by side, 51 x 51 each, as FMP shows them."""
    figure = make_subplots(cols=len(maps), subplot_titles=list(maps), horizontal_spacing=0.04)
    middles = [(first + last - 1) / 2 for _, first, last in PARTS]
    names = [gettext(name) for name, _, _ in PARTS]
    for column, pairs in enumerate(maps.values(), start=1):
        figure.add_heatmap(
            z=square(pairs), row=1, col=column, zmin=0, zmax=1, colorscale="Cividis", showscale=column == len(maps),
            colorbar={"title": title}, hovertemplate="%{x} with %{y}: %{z:.2f}<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(tickvals=middles, ticktext=names, row=1, col=column, constrain="domain")
        figure.update_yaxes(
            tickvals=middles, ticktext=names, showticklabels=column == 1, autorange="reversed",
            scaleanchor=f"x{column if column > 1 else ''}", row=1, col=column, constrain="domain",
        )  # fmt: skip
    # All at once: `add_hline` checks the whole figure each time.
    figure.update_layout(shapes=[line for column in range(1, len(maps) + 1) for line in _borders(column)])
    return laid_out(figure, height=420)


def _borders(column: int) -> Iterator[dict[str, Any]]:
    """White lines between the parts of the face in one of the maps."""
    axes = {name: f"{name[0]}{column if column > 1 else ''}" for name in ("xref", "yref")}
    for _, _, last in PARTS[:-1]:
        for across in ({"x0": -0.5, "x1": N_POINTS - 0.5, "y0": last - 0.5, "y1": last - 0.5},
                       {"y0": -0.5, "y1": N_POINTS - 0.5, "x0": last - 0.5, "x1": last - 0.5}):  # fmt: skip
            yield {"type": "line", "line": {"color": "#ffffff", "width": 1}, **axes, **across}


def courses(times: Floats, original: Floats, rendition: Floats, what: str) -> go.Figure:
    """The same course of both versions over time; gaps where nothing was found."""
    figure = go.Figure()
    for (name, values), colour, dash in zip(
        (("original", original), ("rendition", rendition)), COLOURS, ("solid", "dot"), strict=False
    ):
        figure.add_scatter(x=times, y=values, name=name, mode="lines", line={"color": colour, "dash": dash, "width": 2})
    figure.update_xaxes(title="Time (s)")
    figure.update_yaxes(title=what)
    return laid_out(figure, height=320)


def distance_figure(groups: Mapping[str, Floats], threshold: float) -> go.Figure:
    """Distances of single frames, a column of points for each comparison, and the recogniser's threshold."""
    figure = go.Figure()
    for number, (name, values) in enumerate(groups.items()):
        figure.add_box(
            y=values, name=f"{name} (n = {len(values)})", boxpoints="all", jitter=0.6, pointpos=0, width=0.5,
            fillcolor="rgba(0,0,0,0)", line={"color": COLOURS[number % len(COLOURS)]}, showlegend=False,
            marker={"size": 4, "opacity": 0.35, "symbol": SYMBOLS[number % len(SYMBOLS)]},
        )  # fmt: skip
    figure.add_hline(threshold, line={"color": AXIS, "dash": "dash"}, annotation_text=f"one person under {threshold:g}")
    figure.update_yaxes(title="Distance of descriptors (dlib)", rangemode="tozero")
    return laid_out(figure)


def plane_figure(places: Floats, groups: NDArray[np.int_], names: Sequence[str], kind: str) -> go.Figure:
    """Descriptors laid out in a plane."""
    figure = go.Figure()
    for number, name in enumerate(names):
        chosen = places[groups == number]
        figure.add_scatter(
            x=chosen[:, 0], y=chosen[:, 1], mode="markers", name=f"{name} (n = {len(chosen)})",
            marker={
                "color": COLOURS[number % len(COLOURS)], "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 9,
                "opacity": 0.7,
            },
        )  # fmt: skip
    figure.update_xaxes(title=f"{kind}, first", showticklabels=kind != "t-SNE")
    figure.update_yaxes(title=f"{kind}, second", showticklabels=kind != "t-SNE")
    return laid_out(figure)


def roc_figure(false_accept: Floats, true_accept: Floats, auc: float) -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(
        x=false_accept, y=true_accept, mode="lines", line={"color": COLOURS[0], "shape": "hv"},
        name=gettext("original before strangers, area %(area)s") % {"area": f"{auc:.3f}"},
    )  # fmt: skip
    chance = {"name": gettext("chance, area 0.5"), "line": {"color": AXIS, "dash": "dash"}}
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", **chance)
    figure.update_xaxes(title=gettext("Strangers accepted (share)"), range=[0, 1], constrain="domain")
    figure.update_yaxes(
        title=gettext("Original accepted (share)"), range=[0, 1], scaleanchor="x", constrain="domain",
    )  # fmt: skip
    return laid_out(figure)


def dots(
    rows: Mapping[str, Mapping[str, Sequence[float]]], axis: str, lines: Mapping[str, float] | None = None
) -> go.Figure:
    """One row for each method; a small mark for each clip and a large one for their mean, a colour for each number."""
    figure = go.Figure()
    methods = list(rows)
    measures = list(dict.fromkeys(name for values in rows.values() for name in values))
    for number, measure in enumerate(measures):
        look = {"color": COLOURS[number % len(COLOURS)], "symbol": SYMBOLS[number % len(SYMBOLS)]}
        height = (number - (len(measures) - 1) / 2) * 0.2
        places = [(index, value) for index, name in enumerate(methods) for value in rows[name].get(measure, ())]
        figure.add_scatter(
            x=[value for _, value in places], y=[index + height for index, _ in places], mode="markers",
            marker={**look, "size": 6, "opacity": 0.4}, showlegend=False,
        )  # fmt: skip
        means = [(index, np.mean(rows[name][measure])) for index, name in enumerate(methods) if rows[name].get(measure)]
        figure.add_scatter(
            x=[value for _, value in means], y=[index + height for index, _ in means], mode="markers", name=measure,
            marker={**look, "size": 12},
        )  # fmt: skip
    for name, value in (lines or {}).items():
        figure.add_vline(value, line={"color": AXIS, "dash": "dash"}, annotation_text=name)
    figure.update_xaxes(title=axis)
    figure.update_yaxes(
        tickvals=list(range(len(methods))),
        ticktext=methods,
        range=[len(methods) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return laid_out(figure, height=140 + 64 * len(methods))
