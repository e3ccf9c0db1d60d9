"""Privacy against fidelity, one mark for each method and each recording."""

from collections.abc import Iterator, Sequence
from math import isfinite

import numpy as np
from django.utils.translation import gettext as _

from analysis.algorithms.fidelity.intervals import Mean
from analysis.dashboard_columns import MOTION
from analysis.dashboard_figures import BAND, By, Drawn, drawn, lead, looks
from analysis.dashboard_methods import MethodRow, means_of
from analysis.dashboard_rows import Measured, labels
from analysis.fidelity_figures import laid_out
from analysis.plain_figure import PlainFigure

DISTANCE, STRANGERS = "metrics.to_original.mean", "drawn.distances.strangers"
READ = (DISTANCE, MOTION, STRANGERS)  # of reports


def compared(by_method: By, rows: Sequence[MethodRow]) -> Iterator[Drawn]:
    """The scatter; methods that are not compared have hollow marks."""
    trained = {row.label: row.compared for row in rows}
    note = _(
        "To the right less of who somebody is, upwards more of how the face moves. Large marks are means with 95% "
        "intervals over participants, small ones recordings. The grey band is where strangers lie. Hollow marks are "
        "methods that are not compared."
    )
    figure = _scatter(by_method, [trained.get(label.rpartition(" (")[0], True) for label in labels(by_method).values()])
    yield drawn("scatter", _("Privacy and fidelity"), note, figure)


def _scatter(by_method: By, filled: Sequence[bool]) -> PlainFigure | None:
    figure = PlainFigure()
    _band(figure, [one for rows in by_method.values() for one in rows])
    drawn_any = False
    for number, ((label, rows), full) in enumerate(
        zip(zip(labels(by_method).values(), by_method.values(), strict=True), filled, strict=True)
    ):
        points = [(one, x, y) for one in rows if _both(x := one.number(DISTANCE), y := one.number(MOTION))]
        look = looks(number) if full else looks(number) | {"symbol": f"{looks(number)['symbol']}-open"}
        if not points:
            continue
        drawn_any = True
        figure.add_scatter(
            x=[x for _one, x, _y in points], y=[y for *_x, y in points], mode="markers", showlegend=False,
            marker={**look, "size": 7, "opacity": 0.5}, customdata=[lead(one) for one, *_xy in points],
            hovertemplate="%{customdata[1]}: %{x:.2f}, %{y:.2f}<extra></extra>",
        )  # fmt: skip
        means = means_of([one for one, *_xy in points], (DISTANCE, MOTION))
        away, kept = means[DISTANCE], means[MOTION]
        figure.add_scatter(
            x=[away.mean], y=[kept.mean], mode="markers", name=label, marker={**look, "size": 15},
            error_x=_spread(away, look["color"]), error_y=_spread(kept, look["color"]),
            hovertemplate="%{x:.2f}, %{y:.2f}<extra></extra>",
        )  # fmt: skip
    if not drawn_any:
        return None
    figure.update_xaxes(title=_("Distance to the original (dlib)"), rangemode="tozero")
    figure.update_yaxes(title=_("Motion kept: r CCA, chance 0 to ceiling 1"))
    return laid_out(figure, height=480)


def _both(*values: float | str) -> bool:
    return all(isinstance(value, float) for value in values)


def _spread(mean: Mean, colour: str) -> dict[str, object]:
    if not isfinite(mean.low):
        return {"visible": False}
    return {
        "type": "data", "symmetric": False, "array": [mean.high - mean.mean], "arrayminus": [mean.mean - mean.low],
        "color": colour, "thickness": 2, "width": 6,
    }  # fmt: skip


def _band(figure: PlainFigure, rows: Sequence[Measured]) -> None:
    found = [one.report.get("drawn", {}).get("distances", {}).get("strangers") for one in rows]
    if known := [each for each in found if isinstance(each, list)]:
        low, high = np.mean(known, axis=0)[[0, -1]].round(3)
        figure.add_vrect(low, high, fillcolor=BAND, line={"width": 0}, layer="below")
