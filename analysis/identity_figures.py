"""Figures of identity over many renditions: distances, ROC, the plane of strangers, rank in a gallery."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from analysis.algorithms.fidelity.identity import DLIB, TAIL
from analysis.dashboard_figures import BAND, By, Drawn, drawn, in_rows, lead, looks, strips
from analysis.dashboard_rows import Measured, labels
from analysis.fidelity_figures import AXIS, COLOURS, laid_out
from analysis.plain_figure import PlainFigure

READ = (  # of reports
    "metrics.rank.pooled_position", "metrics.rank_periocular.pooled_position", "metrics.rank_head.pooled_position",
    "metrics.rank_arcface.pooled_position", "drawn.distances", "drawn.accepted", "drawn.plane",
)  # fmt: skip
STEP = 0.26  # of a row, between kinds of distance


def figures(by_method: By) -> Iterator[Drawn]:
    yield drawn(
        "distances", _("Distance of descriptors (dlib)"),
        _("A mark is the median of a rendition's frames, its line reaches from 5% to 95% of them. The grey band is "
          "where strangers lie: 5% to 95% of the distances from originals to the gallery. At or under 0.6 two pictures "
          "count as one person. dlib chooses donors and is no independent judge of renditions that wear one."),
        _distances(by_method),
    )  # fmt: skip
    yield drawn(
        "roc", _("Telling the original from strangers"),
        _("Means over recordings at equal shares of strangers accepted. A curve on the diagonal protects best: the "
          "original is accepted no sooner than anybody else."),
        _roc(by_method),
    )  # fmt: skip
    yield drawn(
        "plane", _("Where originals and renditions lie among strangers"),
        _("First two principal components of the gallery of strangers. A line joins an original and its rendition. "
          "Nearness here is not nearness in all 128 numbers: read distances above."),
        _plane(by_method),
    )  # fmt: skip
    yield drawn(
        "rank", _("Place of the original in a gallery"),
        _("Share of strangers nearer to the rendition than the original is: near 0 it is found, near 1 it is "
          "suspiciously far, which tells as much. The grey tails are 5% each."),
        _rank(by_method),
    )  # fmt: skip


def _distances(by_method: By) -> PlainFigure | None:
    found = {name: [(one, _quantiles(one)) for one in rows] for name, rows in by_method.items()}
    if not any(each for rows in found.values() for _one, each in rows):
        return None
    figure = PlainFigure()
    for number, (kind, label) in enumerate((("to_original", _("to the original")), ("to_donor", _("to the donor")))):
        height = (number - 0.5) * STEP
        points = [
            (index, one, each[kind]) for index, rows in enumerate(found.values()) for one, each in rows if kind in each
        ]
        figure.add_scatter(
            x=[spread[2] for *_place, spread in points],
            y=[index + height + _apart(one) for index, one, _spread in points],
            mode="markers", name=label, marker={**looks(number), "size": 9, "opacity": 0.75},
            error_x={
                "type": "data", "symmetric": False, "array": [spread[4] - spread[2] for *_place, spread in points],
                "arrayminus": [spread[2] - spread[0] for *_place, spread in points], "thickness": 1, "width": 0,
                "color": COLOURS[number],
            },
            customdata=[lead(one) for _index, one, _spread in points],
            hovertemplate="%{customdata[1]}: %{x:.3f}<extra></extra>",
        )  # fmt: skip
    for index, rows in enumerate(found.values()):
        strangers = [each["strangers"] for _one, each in rows if "strangers" in each]
        if strangers:
            low, high = np.mean(strangers, axis=0)[[0, -1]].round(3)
            figure.add_shape(
                type="rect", x0=low, x1=high, y0=index - 0.45, y1=index + 0.45, fillcolor=BAND, line={"width": 0},
                layer="below",
            )  # fmt: skip
    figure.add_vline(
        DLIB.threshold, line={"color": AXIS, "dash": "dash", "width": 1},
        annotation_text=_("one person under %(limit)s") % {"limit": f"{DLIB.threshold:g}"},
    )  # fmt: skip
    figure.update_xaxes(title=_("Euclidean distance"), rangemode="tozero")
    return in_rows(figure, list(labels(by_method).values()))


def _apart(one: Measured) -> float:
    """Marks of a row stand a little above each other, each always at the same place."""
    return ((one.rendition.pk * 7) % 11 - 5) * 0.014


def _quantiles(one: Measured) -> Mapping[str, Sequence[float]]:
    found = one.report.get("drawn", {}).get("distances", {})
    return {name: values for name, values in found.items() if isinstance(values, list)}


def _roc(by_method: By) -> PlainFigure | None:
    figure = PlainFigure()
    for number, (label, rows) in enumerate(zip(labels(by_method).values(), by_method.values(), strict=True)):
        curves = [one.report.get("drawn", {}).get("accepted") for one in rows]
        known = np.array([curve for curve in curves if isinstance(curve, list)])
        if not len(known):
            continue
        mean = known.mean(axis=0)
        at = np.linspace(0, 1, len(mean))
        area = float(((mean[1:] + mean[:-1]) / 2).sum() / (len(mean) - 1))
        figure.add_scatter(
            x=at.round(4), y=mean.round(4), mode="lines+markers", name=_("%(method)s, area %(area)s")
            % {"method": label, "area": f"{area:.2f}"},
            line={"color": COLOURS[number % len(COLOURS)], "width": 2},
            marker={**looks(number), "size": [8 if place % 5 == 0 else 0 for place in range(len(at))]},
            hovertemplate=_("strangers %(x)s, original %(y)s") % {"x": "%{x:.2f}", "y": "%{y:.2f}"} + "<extra></extra>",
        )  # fmt: skip
    if not figure.data:
        return None
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": AXIS, "dash": "dash", "width": 1},
        name=_("chance, area 0.5"), hoverinfo="skip",
    )  # fmt: skip
    figure.update_xaxes(title=_("Strangers accepted (share)"), range=[-0.02, 1.02])
    figure.update_yaxes(title=_("Original accepted (share of frames)"), range=[-0.02, 1.02])
    return laid_out(figure)


def _plane(by_method: By) -> PlainFigure | None:
    """Renditions that were measured with another gallery lie in another plane, and are left out."""
    placed = [(name, one, place) for name, rows in by_method.items() for one in rows if (place := _place(one))]
    if not placed:
        return None
    usual = Counter(place["gallery"] for *_one, place in placed).most_common(1)[0][0]
    placed = [each for each in placed if each[2]["gallery"] == usual]
    figure = PlainFigure()
    strangers = placed[0][2]["strangers"]
    figure.add_scatter(
        x=[x for x, _y in strangers], y=[y for _x, y in strangers], mode="markers", hoverinfo="skip",
        name=_("strangers (n = %(n)d)") % {"n": len(strangers)},
        marker={"color": "rgba(128, 140, 152, 0.6)", "symbol": "circle-open", "size": 6},
    )  # fmt: skip
    _joined(figure, [place for *_one, place in placed])
    originals = {one.rendition.recording_id: (one, place["original"]) for _name, one, place in placed}
    _set(figure, _("originals"), list(originals.values()), {"color": "#808c98", "symbol": "star", "size": 11})
    for number, (name, label) in enumerate(labels(by_method).items()):
        rows = [(one, place["rendition"]) for whose, one, place in placed if whose == name]
        _set(figure, label, rows, {**looks(number), "size": 10})
    figure.update_xaxes(title=_("First component"))
    figure.update_yaxes(title=_("Second component"), scaleanchor="x")
    return laid_out(figure, height=560)


def _place(one: Measured) -> Mapping[str, Any] | None:
    found = one.report.get("drawn", {}).get("plane", {})
    return found if "gallery" in found else None


def _joined(figure: PlainFigure, places: Sequence[Mapping[str, Any]]) -> None:
    lines = [[place["original"], place["rendition"], [None, None]] for place in places]
    figure.add_scatter(
        x=[x for line in lines for x, _y in line], y=[y for line in lines for _x, y in line], mode="lines",
        line={"color": "rgba(128, 140, 152, 0.5)", "width": 1}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip


def _set(
    figure: PlainFigure, name: str, rows: Sequence[tuple[Measured, Sequence[float]]], marker: dict[str, Any]
) -> None:
    if rows:
        figure.add_scatter(
            x=[place[0] for _one, place in rows], y=[place[1] for _one, place in rows], mode="markers", name=name,
            marker=marker, customdata=[lead(one) for one, _place in rows],
            hovertemplate="%{customdata[1]}<extra></extra>",
        )  # fmt: skip


def _rank(by_method: By) -> PlainFigure | None:
    measures = [
        (_("face"), "metrics.rank.pooled_position"), (_("eyes alone"), "metrics.rank_periocular.pooled_position"),
        (_("head"), "metrics.rank_head.pooled_position"),
    ]  # fmt: skip
    judge = "metrics.rank_arcface.pooled_position"
    if any(isinstance(one.number(judge), float) for rows in by_method.values() for one in rows):
        measures.append((_("face, by ArcFace"), judge))
    figure = strips(by_method, measures, _("Share of strangers that are nearer"), {_("chance"): 0.5})
    if figure is None:
        return None
    for low, high in ((-0.02, TAIL), (1 - TAIL, 1.02)):
        figure.add_vrect(low, high, fillcolor=BAND, line={"width": 0}, layer="below")
    figure.update_xaxes(range=[-0.03, 1.03])
    return figure
