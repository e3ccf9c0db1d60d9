"""The stacked figure of a six-face experiment: people, recognisers and each judge, every pair of roles a colour."""

import json
from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from analysis.algorithms.sixface.outcomes import Outcome, Row
from analysis.sixface_result import Result
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
    figure = go.Figure([_layer(outcome, bars) for outcome in Outcome])
    figure.update_layout(
        barmode="stack",
        height=190 + BAR * len(bars),
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
