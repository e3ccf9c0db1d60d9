"""Figures of pages: what they say, as Plotly figures."""

import json
from functools import singledispatch
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from analysis.drawn import COLOURS, PATTERNS, SHAPES, Drawing, Forest, Grouped, Heat, Lines, Scatter, Stacked
from analysis.fidelity_figures import laid_out

ROW = 26  # pixels of height for each row
LONG = 45  # letters that stand below the axis of a figure on a tablet, beside long labels
DASHES = {"solid": "solid", "dash": "dash", "dot": "dot"}


def plotted(drawing: Drawing) -> dict[str, Any]:
    """The figure as charts.js draws it."""
    figure = _figure(drawing)
    # Through plotly's own JSON: a dictionary made by hand may hold NaN, which is no JSON.
    told: dict[str, Any] = json.loads(figure.to_json())
    return told


@singledispatch
def _figure(drawing: Any) -> go.Figure:
    raise TypeError(f"no figure is made of {type(drawing).__name__}")


@_figure.register
def _forest(drawing: Forest) -> go.Figure:
    figure, labels = go.Figure(), list(dict.fromkeys(row.label for row in drawing.rows))
    n = len(drawing.series)
    for place, name in enumerate(drawing.series):
        rows = [row for row in drawing.rows if row.series == place and row.value is not None]
        if not rows:
            continue
        colour = COLOURS[place % len(COLOURS)]
        figure.add_scatter(
            x=[row.value for row in rows], name=name, mode="markers",
            y=[labels.index(row.label) + 0.7 * (place - (n - 1) / 2) / n for row in rows],
            marker={"color": colour, "symbol": SHAPES[place % len(SHAPES)], "size": 10},
            error_x={
                "type": "data", "symmetric": False, "thickness": 2, "width": 3, "color": colour,
                "array": [_reach(row.value, row.high) for row in rows],
                "arrayminus": [_reach(row.low, row.value) for row in rows],
            },
            customdata=[[row.label, _interval(row.low, row.high), row.n] for row in rows],
            hovertemplate="%{customdata[0]}: %{x:.2f} %{customdata[1]}, %{customdata[2]}"
            "<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    for at, name in drawing.lines:
        figure.add_vline(at, line={"dash": "dash", "width": 1, "color": "#7d8894"}, annotation_text=name)
    figure.update_yaxes(
        tickvals=list(range(len(labels))), ticktext=labels, range=[len(labels) - 0.4, -0.6], automargin=True,
        zeroline=False, fixedrange=True,
    )  # fmt: skip
    figure.update_xaxes(title=_in_lines(drawing.x_title), range=drawing.x_range, fixedrange=True, automargin=True)
    height = max(ROW, 16 * n) * len(labels)
    return laid_out(figure, height=170 + height, showlegend=True)


def _in_lines(title: str) -> str:
    """A long title in two lines, broken at the space next to its middle."""
    spaces = [place for place, letter in enumerate(title) if letter == " "]
    if len(title) <= LONG or not spaces:
        return title
    middle = min(spaces, key=lambda place: abs(place - len(title) / 2))
    return f"{title[:middle]}<br>{title[middle + 1 :]}"


def _reach(low: float | None, high: float | None) -> float:
    return high - low if low is not None and high is not None else 0


def _interval(low: float | None, high: float | None) -> str:
    return f"({low:.2f} {_('to')} {high:.2f})" if low is not None and high is not None else ""


@_figure.register
def _stacked(drawing: Stacked) -> go.Figure:
    figure = go.Figure([
        go.Bar(
            y=list(drawing.bars), x=drawing.shares(layer), orientation="h", name=layer.name,
            customdata=list(layer.counts), text=[str(n) if n else "" for n in layer.counts], textposition="inside",
            insidetextanchor="middle", textangle=0, textfont={"color": "#17202a", "size": 12},
            marker={
                "color": layer.colour, "line": {"color": "#ffffff", "width": 1},
                "pattern": {"shape": layer.pattern, "fgcolor": "#17202a", "fillmode": "overlay", "size": 6},
            },
            hovertemplate="%{y}: %{x:.1f}% (%{customdata})<extra>%{fullData.name}</extra>",
        )
        for layer in drawing.layers
    ])  # fmt: skip
    figure.update_xaxes(title=drawing.x_title, range=[0, 100], fixedrange=True)
    figure.update_yaxes(autorange="reversed", automargin=True, fixedrange=True)
    laid_out(figure, height=190 + ROW * len(drawing.bars), barmode="stack", showlegend=True)
    return figure.update_layout(legend={"traceorder": "normal"})


@_figure.register
def _grouped(drawing: Grouped) -> go.Figure:
    figure = go.Figure([
        go.Bar(
            x=list(drawing.ticks), y=drawing.shares(counts), name=name, customdata=list(counts),
            marker={
                "color": COLOURS[place % len(COLOURS)],
                "pattern": {"shape": PATTERNS[place % len(PATTERNS)], "fgcolor": "#ffffff", "fillmode": "overlay"},
            },
            hovertemplate="%{y:.1f}% (%{customdata})<extra>%{fullData.name}</extra>",
        )
        for place, (name, counts) in enumerate(drawing.series)
    ])  # fmt: skip
    figure.update_xaxes(title=drawing.x_title, type="category", fixedrange=True)
    figure.update_yaxes(title=drawing.y_title, range=[0, 100], fixedrange=True)
    return laid_out(figure, height=380, barmode="group", showlegend=True)


@_figure.register
def _heat(drawing: Heat) -> go.Figure:
    figure = go.Figure(
        go.Heatmap(
            z=[list(row) for row in drawing.counts], x=list(drawing.labels), y=list(drawing.labels),
            text=[list(map(str, row)) for row in drawing.counts], texttemplate="%{text}", colorscale="Blues",
            zmin=0, zmax=max((count for row in drawing.counts for count in row), default=0) or 1,
            colorbar={"title": _("pairs")}, xgap=2, ygap=2,
            hovertemplate="%{y} → %{x}: %{z}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title=drawing.x_title, type="category", constrain="domain", fixedrange=True)
    figure.update_yaxes(
        title=drawing.y_title, type="category", autorange="reversed", scaleanchor="x", constrain="domain",
        automargin=True, fixedrange=True,
    )  # fmt: skip
    return laid_out(figure, height=430)


@_figure.register
def _scatter(drawing: Scatter) -> go.Figure:
    figure = go.Figure(
        go.Scatter(
            x=[spot.x for spot in drawing.spots], y=[spot.y for spot in drawing.spots], mode="markers",
            marker={"color": COLOURS[0], "size": 9, "opacity": 0.75, "line": {"color": "#ffffff", "width": 1}},
            customdata=[[spot.href, spot.name, spot.n] for spot in drawing.spots],
            hovertemplate="%{customdata[1]}: %{y:.2f} %{customdata[2]}<extra></extra>", showlegend=False,
        )
    )  # fmt: skip
    for height, name, dash in drawing.lines:
        figure.add_hline(
            height, line={"dash": DASHES[dash], "width": 2, "color": COLOURS[1] if dash == "dash" else "#7d8894"},
            annotation_text=name, annotation_position="top left" if dash == "dot" else "top right",  # they may be close
        )  # fmt: skip
    figure.update_xaxes(title=drawing.x_title, fixedrange=True)
    figure.update_yaxes(title=drawing.y_title, fixedrange=True)
    return laid_out(figure, height=420)


@_figure.register
def _lines(drawing: Lines) -> go.Figure:
    figure = go.Figure()
    for place, (name, values, n) in enumerate(drawing.series):
        figure.add_scatter(
            x=list(drawing.ticks), y=list(values), name=name, mode="lines+markers", customdata=list(n),
            line={"color": COLOURS[place % len(COLOURS)], "width": 2},
            marker={"symbol": SHAPES[place % len(SHAPES)], "size": 9},
            hovertemplate="%{y:+.2f} (n = %{customdata})<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    figure.add_hline(0, line={"width": 1, "color": "#7d8894"})
    figure.update_xaxes(title=drawing.x_title, type="category", fixedrange=True)
    figure.update_yaxes(title=drawing.y_title, fixedrange=True)
    return laid_out(figure, height=360, showlegend=True)
