"""Figures as data that charts.js draws."""

import json
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from analysis.algorithms.deviation import DEVIATIONS
from analysis.queries import ItemResult
from frontend.numbers import signed

# Okabe-Ito; a pattern beside each colour, for those who see no colours and for print.
LOOKS = (("#0072B2", ""), ("#E69F00", "/"), ("#009E73", "."), ("#CC79A7", "x"))


def deviation_figure(results: Sequence[ItemResult]) -> dict[str, Any] | None:
    """Grouped bars of the paired deviation, a group for each value; None without any pair."""
    drawn = [result for result in results if result.deviation.n_pairs]
    if not drawn:
        return None
    figure = go.Figure([_bars(result, place) for place, result in enumerate(drawn)])
    figure.update_layout(
        barmode="group",
        font={"family": "system-ui, sans-serif", "size": 14, "color": "#17202a"},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        margin={"l": 72, "r": 24, "t": 24, "b": 72},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        showlegend=True,
    )
    figure.update_xaxes(
        title=_("Original minus de-identified (points of the 0–4 scale)"),
        tickvals=list(DEVIATIONS),
        ticktext=[signed(value) for value in DEVIATIONS],
        range=[-4.6, 4.6],
        fixedrange=True,
    )
    figure.update_yaxes(
        title=_("Share of pairs (%)"), range=[0, 100], gridcolor="#d3dae1", zerolinecolor="#55616d", fixedrange=True
    )
    # Through plotly's own JSON: a dictionary made by hand may hold NaN, which is no JSON.
    drawing: dict[str, Any] = json.loads(figure.to_json())
    return drawing


def _bars(result: ItemResult, place: int) -> go.Bar:
    colour, pattern = LOOKS[place % len(LOOKS)]
    counts, n = result.deviation.counts, result.deviation.n_pairs
    return go.Bar(
        x=list(DEVIATIONS),
        y=[100 * count / n for count in counts],
        customdata=list(counts),
        name=_("%(item)s (n = %(n)d)") % {"item": result.item, "n": n},
        marker={"color": colour, "pattern": {"shape": pattern, "fgcolor": "#ffffff", "fillmode": "overlay"}},
        hovertemplate="%{y:.1f}% (%{customdata})<extra></extra>",
    )
