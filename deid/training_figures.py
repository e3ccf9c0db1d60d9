"""The curves of a training, as data that charts.js draws."""

import json
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from deid.training_queries import Curves
from deid.training_words import measure_words

# Okabe-Ito, a dash and a symbol beside each colour.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")
WIDE = 10  # times the least value: then the scale is logarithmic
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")


def curve_figure(curves: Curves, *, markers: bool = False) -> dict[str, Any] | None:
    """Lines over steps, on a logarithmic scale where values differ by powers of ten. None where there is no value."""
    drawn = {name: points for name, points in curves.items() if points}
    if not drawn:
        return None
    figure = go.Figure([_line(name, points, place, markers) for place, (name, points) in enumerate(drawn.items())])
    figure.update_layout(
        font={"family": "system-ui, sans-serif", "size": 14, "color": "#17202a"}, paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff", margin={"l": 72, "r": 24, "t": 24, "b": 56}, showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    values = [value for points in drawn.values() for _step, value in points]
    wide = min(values) > 0 and max(values) > WIDE * min(values)
    figure.update_xaxes(title=_("Step"), gridcolor="#d3dae1", fixedrange=True, rangemode="tozero")
    figure.update_yaxes(
        title=_("Value (logarithmic)") if wide else _("Value"), type="log" if wide else "linear",
        gridcolor="#d3dae1", zerolinecolor="#55616d", fixedrange=True,
        **({"dtick": "D2", "tickformat": "~g"} if wide else {}),  # whole numbers at 1, 2 and 5 of each power of ten
    )  # fmt: skip
    drawing: dict[str, Any] = json.loads(figure.to_json())
    return drawing


def _line(name: str, points: Sequence[Sequence[float]], place: int, markers: bool) -> go.Scatter:
    colour, dash, symbol = (each[place % len(each)] for each in (COLOURS, DASHES, SYMBOLS))
    return go.Scatter(
        x=[step for step, _value in points], y=[value for _step, value in points], name=measure_words(name),
        mode="lines+markers" if markers else "lines", line={"color": colour, "dash": dash, "width": 2},
        marker={"symbol": symbol, "size": 8},
    )  # fmt: skip
