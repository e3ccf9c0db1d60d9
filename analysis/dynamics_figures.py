"""Figures of motion, blinks, tremor, body and pulse over many renditions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from analysis.algorithms.fidelity.shares import unpacked
from analysis.dashboard_figures import By, Drawn, drawn, lead, looks, stripped
from analysis.dashboard_rows import Measured, labels
from analysis.fidelity_figures import AXIS, COLOURS, laid_out, pair_map
from analysis.plain_figure import PlainFigure

Floats = NDArray[np.float64]

READ = (  # of reports
    "metrics.dynamics", "metrics.null_shift.mean.r_cca", "ceiling.dynamics.r_cca", "metrics.blinks.curve",
    "metrics.tremor.lip_in_head.transfer", "metrics.pulse_pos_10s", "drawn.oks", "drawn.pairs.r_cca",
    "drawn.pairs_ceiling.r_cca",
)  # fmt: skip
PUBLISHED = 0.243  # eye aspect ratio at which FMP counts blinks
MAPS = 3  # side by side, with the ceiling
PULSE, LIMIT = "pulse_pos_10s", 1.96  # standard deviations, of Bland and Altman's limits of agreement


def figures(by_method: By) -> Iterator[Drawn]:
    yield _maps(by_method)
    yield stripped(
        "motion", _("Motion kept"),
        _("Correlation of all moving pairs of landmarks, original against rendition, in aligned crops. The ceiling is "
          "the original against its own re-encoding, chance the rendition shifted in time."),
        by_method, (
            ("r x", "metrics.dynamics.r_x"), ("r y", "metrics.dynamics.r_y"), ("r CCA", "metrics.dynamics.r_cca"),
            (_("r CCA by chance"), "metrics.null_shift.mean.r_cca"), (_("r CCA, ceiling"), "ceiling.dynamics.r_cca"),
        ), "r",
    )  # fmt: skip
    yield stripped(
        "amplitude", _("Amplitude kept"),
        _("What correlation cannot see: 1 keeps the size of movements, 0.5 halves it. Hypomimia is amplitude."),
        by_method, (
            (_("Slope"), "metrics.dynamics.slope"), (_("sd ratio"), "metrics.dynamics.sd_ratio"),
            (_("Concordance (Lin)"), "metrics.dynamics.concordance"),
        ), _("rendition / original"), {_("kept"): 1.0},
    )  # fmt: skip
    yield drawn(
        "blinks", _("Blinks found again"),
        _("Precision and recall of the rendition's blinks over thresholds of the eye aspect ratio from 0.05 to 0.30, "
          "means over recordings; the large mark is at 0.243. Recordings that squint at a threshold are left out "
          "there."),
        _precision_recall(by_method),
    )  # fmt: skip
    yield stripped(
        "tremor", _("Tremor of the lower lip passed on"),
        _("At 4 to 6 Hz in the head's frame. Gain 1 keeps its size; coherence says how much of it is the original's."),
        by_method, (
            (_("Gain"), "metrics.tremor.lip_in_head.transfer.gain"),
            (_("Coherence"), "metrics.tremor.lip_in_head.transfer.coherence"),
        ), _("rendition / original; 0 to 1"), {_("kept"): 1.0},
    )  # fmt: skip
    yield drawn(
        "oks", _("Likeness of body keypoints"),
        _("Share of frames whose object keypoint similarity (OpenPose's 18, the original as truth) is at most so "
          "large; a curve that stays low for long is good. Each recording counts alike."),
        _oks(by_method),
    )  # fmt: skip
    yield drawn(
        "pulse", _("Heart rate, windows of 10 s"),
        _("Bland and Altman's plot: POS on the skin of both versions, bias and limits of agreement (1.96 sd) by "
          "method. Windows of one recording are not independent: read the limits as a description."),
        _bland_altman(by_method),
    )  # fmt: skip


def _maps(by_method: By) -> Drawn:
    title = _("Motion of pairs of landmarks")
    maps = {label: _mean_map(rows, "pairs") for label, rows in _labelled(by_method)}
    known = {label: values for label, values in maps.items() if values is not None}
    if not known:
        return Drawn("pairs", title, _("Nothing to draw: these renditions were measured before maps were kept. Measure "
                                       "them again."))  # fmt: skip
    left_out = len(known) - (MAPS - 1)
    best = _mean_map([one for rows in by_method.values() for one in rows], "pairs_ceiling")
    known = dict(list(known.items())[: MAPS - 1])
    if best is not None:
        known[_("ceiling")] = best
    note = _("First canonical correlation of each pair of 51 landmarks in aligned crops, mean over recordings.")
    if left_out > 0:
        note += " " + _("Methods are shown two at a time: choose one above.")
    return drawn("pairs", title, note, pair_map(known))


def _labelled(by_method: By) -> Iterator[tuple[str, Sequence[Measured]]]:
    return zip(labels(by_method).values(), by_method.values(), strict=True)


def _mean_map(rows: Sequence[Measured], name: str) -> Floats | None:
    """(1275,) means over recordings; None where nobody has a map."""
    texts = [one.report.get("drawn", {}).get(name, {}).get("r_cca") for one in rows]
    maps = np.array([unpacked(text) for text in texts if isinstance(text, str)])
    if not len(maps):
        return None
    known = np.isfinite(maps)
    total = np.where(known, maps, 0.0).sum(axis=0)
    mean: Floats = np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)
    return mean.round(3)


def _precision_recall(by_method: By) -> PlainFigure | None:
    figure = PlainFigure()
    for number, (label, rows) in enumerate(_labelled(by_method)):
        curve = mean_curve([_curve(one) for one in rows])
        if not curve:
            continue
        at = [threshold for threshold, *_point in curve]
        nearest = int(np.abs(np.array(at) - PUBLISHED).argmin())
        figure.add_scatter(
            x=[recall for _t, _p, recall, _n in curve], y=[precision for _t, precision, _r, _n in curve],
            mode="lines+markers", name=label, line={"color": COLOURS[number % len(COLOURS)], "width": 2},
            marker={**looks(number), "size": [14 if place == nearest else 5 for place in range(len(at))]},
            customdata=[[threshold, n] for threshold, _p, _r, n in curve],
            hovertemplate="%{customdata[0]:.2f}: " + _("precision %(p)s, recall %(r)s, n = %(n)s")
            % {"p": "%{y:.2f}", "r": "%{x:.2f}", "n": "%{customdata[1]}"} + "<extra></extra>",
        )  # fmt: skip
    if not figure.data:
        return None
    figure.update_xaxes(title=_("Recall"), range=[-0.03, 1.03])
    figure.update_yaxes(title=_("Precision"), range=[-0.03, 1.03])
    return laid_out(figure)


def _curve(one: Measured) -> Sequence[Mapping[str, Any]]:
    found = one.report.get("metrics", {}).get("blinks", {}).get("curve", [])
    return found if isinstance(found, list) else []


def mean_curve(curves: Sequence[Sequence[Mapping[str, Any]]]) -> list[tuple[float, float, float, int]]:
    """Threshold, precision, recall and number of recordings, where both are known for somebody who does not squint."""
    points: dict[float, list[tuple[float, float]]] = {}
    for curve in curves:
        for match in curve:
            both = match["precision"], match["recall"]
            if not match["squinting"] and all(isinstance(each, float) for each in both):
                points.setdefault(match["threshold"], []).append(both)
    return [
        (threshold, *np.mean(found, axis=0).round(4).tolist(), len(found))
        for threshold, found in sorted(points.items())
    ]


def _oks(by_method: By) -> PlainFigure | None:
    figure = PlainFigure()
    for number, (label, rows) in enumerate(_labelled(by_method)):
        found = [one.report.get("drawn", {}).get("oks", {}) for one in rows]
        known = [each for each in found if each.get("counts") and sum(each["counts"])]
        if not known:
            continue
        edges = known[0]["edges"]
        shares = np.mean([np.cumsum(each["counts"]) / sum(each["counts"]) for each in known], axis=0)
        places = list(range(1, len(edges)))
        figure.add_scatter(
            x=places, y=(100 * shares).round(2), mode="lines+markers", name=label,
            line={"color": COLOURS[number % len(COLOURS)], "shape": "hv"}, marker={**looks(number), "size": 9},
            hovertemplate="≤ %{text}: %{y:.1f}%<extra></extra>", text=[f"{edge:g}" for edge in edges[1:]],
        )  # fmt: skip
        figure.update_xaxes(tickvals=places, ticktext=[f"{edge:g}" for edge in edges[1:]])
    if not figure.data:
        return None
    figure.update_xaxes(title=_("Object keypoint similarity, at most (not to scale)"))
    figure.update_yaxes(title=_("Frames (%)"), range=[-2, 102])
    return laid_out(figure)


def _bland_altman(by_method: By) -> PlainFigure | None:
    figure, lines = PlainFigure(), list[dict[str, Any]]()
    for number, (label, rows) in enumerate(_labelled(by_method)):
        found = [(one, *window) for one in rows for window in _windows(one)]
        if not found:
            continue
        apart = np.array([theirs - mine for _one, _at, mine, theirs in found])
        figure.add_scatter(
            x=[(mine + theirs) / 2 for _one, _at, mine, theirs in found], y=apart.round(2), mode="markers",
            name=f"{label}, {len(found)} " + _("windows"), marker={**looks(number), "size": 8, "opacity": 0.6},
            customdata=[lead(one, at) for one, at, *_rates in found],
            hovertemplate="%{customdata[1]}: %{x:.0f}, %{y:+.1f}<extra></extra>",
        )  # fmt: skip
        lines += _limits(apart, COLOURS[number % len(COLOURS)])
    if not figure.data:
        return None
    figure.update_layout(shapes=[*lines, _across(0.0, {"color": AXIS, "width": 1})])
    figure.update_xaxes(title=_("Mean of both versions (beats per minute)"))
    figure.update_yaxes(title=_("Rendition minus original (beats per minute)"))
    return laid_out(figure)


def _limits(apart: Floats, colour: str) -> Iterator[dict[str, Any]]:
    """Bias and limits of agreement; one window alone has a bias only."""
    bias = float(apart.mean())
    yield _across(bias, {"color": colour, "width": 1.5})
    if len(apart) > 1:
        spread = LIMIT * float(apart.std(ddof=1))
        for value in (bias - spread, bias + spread):
            yield _across(value, {"color": colour, "width": 1.5, "dash": "dot"})


def _across(at: float, line: dict[str, Any]) -> dict[str, Any]:
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at, "line": line}


def _windows(one: Measured) -> Iterator[tuple[float, float, float]]:
    """Start in seconds, and heart rates of original and rendition."""
    found = one.report.get("metrics", {}).get(PULSE, {})
    for window in zip(found.get("start", ()), found.get("original", ()), found.get("rendition", ()), strict=True):
        if all(isinstance(each, float) for each in window):  # a reason stands in place of what is not finite
            yield window
