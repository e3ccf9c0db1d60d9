"""The stacked figures of six-face experiments, every pair of roles a colour: people, recognisers and each judge of one,
and people of several, method by method."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from analysis.algorithms.sixface.outcomes import Outcome, Row
from analysis.sixface_beside import Beside
from analysis.sixface_result import PEOPLE, Result
from analysis.sixface_texts import OUTCOMES, who

# Okabe-Ito; a pattern beside each colour, for those who see no colours and for print. What re-identifies stands out.
LOOKS = {
    Outcome.NONE: ("#999999", ""),
    Outcome.DEIDENTIFIED_ORIGINAL: ("#D55E00", ""),
    Outcome.DEIDENTIFIED_SOURCE: ("#56B4E9", ""),
    Outcome.DEIDENTIFIED_CONTROL: ("#0072B2", "/"),
    Outcome.ORIGINAL_SOURCE: ("#CC79A7", "x"),
    Outcome.ORIGINAL_CONTROL: ("#E69F00", "/"),
    Outcome.SOURCE_CONTROL: ("#009E73", "."),
    Outcome.CONTROL_CONTROL: ("#F0E442", "\\"),
}
BAR = 34  # pixels of height for each bar


def stacked_figure(result: Result, method: str) -> dict[str, Any] | None:
    """Horizontal bars of 100%; None without any answer."""
    bars = {f"{who(name)} · {method}": rows for name, rows in result.tables.items()}
    out = {one.judge for one in result.excluded}
    for judge, rows in result.by_judge.items():
        left_out = f" ({_('left out')})" if judge in out else ""
        bars[_("Judge %(n)s") % {"n": judge} + left_out] = rows
    bars = {name: rows for name, rows in bars.items() if any(row.count for row in rows)}
    if not bars:
        return None
    return _drawn([_layer(outcome, bars) for outcome in Outcome], len(bars))


def methods_figure(rows: Sequence[Beside]) -> dict[str, Any] | None:
    """Bars of 100% of the people of each experiment; None without any answer. What was found again comes first, so that
    its interval, and with it the upper bound, stands on the same axis."""
    answered = [row for row in rows if row.result.bound.share is not None]
    if not answered:
        return None
    bars = {row.name: row.result.tables[PEOPLE] for row in answered}
    found = Outcome.DEIDENTIFIED_ORIGINAL
    layers = [_layer(outcome, bars) for outcome in (found, *(one for one in Outcome if one != found))]
    return _drawn([*layers, _bounds(answered)], len(bars))


def _bounds(rows: Sequence[Beside]) -> go.Scatter:
    """Share found again with its interval."""
    intervals = [row.result.bound for row in rows]
    shares = [100 * (one.share or 0) for one in intervals]
    return go.Scatter(
        y=[row.name for row in rows],
        x=shares,
        mode="markers",
        cliponaxis=False,  # a share of 0 is drawn whole
        name=_("found again, with its 95 % interval"),
        marker={"color": "#ffffff", "size": 9, "symbol": "diamond", "line": {"color": "#17202a", "width": 2}},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [100 * one.high - share for one, share in zip(intervals, shares, strict=True)],
            "arrayminus": [share - 100 * one.low for one, share in zip(intervals, shares, strict=True)],
            "color": "#17202a",
            "thickness": 2,
            "width": 7,
        },
        customdata=[[100 * one.low, 100 * one.high] for one in intervals],
        hovertemplate="%{x:.1f}% (%{customdata[0]:.1f}% – %{customdata[1]:.1f}%)<extra>%{fullData.name}</extra>",
    )


def _drawn(traces: Sequence[go.Bar | go.Scatter], n_bars: int) -> dict[str, Any]:
    figure = go.Figure(traces)
    figure.update_layout(
        barmode="stack",
        height=190 + BAR * n_bars,
        font={"family": "system-ui, sans-serif", "size": 14, "color": "#17202a"},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        margin={"l": 16, "r": 24, "t": 24, "b": 130},
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        showlegend=True,
    )
    figure.update_xaxes(title=_("Share of trials (%)"), range=[0, 100], gridcolor="#d3dae1", fixedrange=True)
    figure.update_yaxes(autorange="reversed", automargin=True, fixedrange=True)
    drawing: dict[str, Any] = json.loads(figure.to_json())
    return drawing


def _layer(outcome: Outcome, bars: Mapping[str, tuple[Row, ...]]) -> go.Bar:
    rows = [next(row for row in table if row.outcome == outcome) for table in bars.values()]
    colour, pattern = LOOKS[outcome]
    return go.Bar(
        y=list(bars),
        x=[100 * (row.share.share or 0) for row in rows],
        orientation="h",
        customdata=[row.count for row in rows],
        name=str(OUTCOMES[outcome]),
        marker={
            "color": colour,
            "pattern": {"shape": pattern, "fgcolor": "#ffffff", "fillmode": "overlay", "size": 6},
            "line": {"color": "#ffffff", "width": 1},
        },
        hovertemplate="%{x:.1f}% (%{customdata})<extra>%{fullData.name}</extra>",
    )
