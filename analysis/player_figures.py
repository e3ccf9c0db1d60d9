"""Figures of one rendition beside its original, drawn from its series: most of them run along with the video."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from django.utils.translation import gettext as _
from plotly.subplots import make_subplots

from analysis.algorithms.fidelity.errors import UNAVAILABLE
from analysis.algorithms.fidelity.identity import DLIB
from analysis.dashboard_figures import GREY, Drawn, as_data, looks
from analysis.fidelity_figures import AXIS, COLOURS, laid_out, roc_figure
from frontend.told import told

BAND_HZ = (4.0, 6.0)
TREMOR_HEIGHT = 380


def figures(series: Mapping[str, Any]) -> Iterator[Drawn]:
    """Those over time first; a reason in place of what cannot be drawn."""
    yield _of_both(
        series.get("lids", {}), "lids", _("Eye aspect ratio"),
        _("Mean of both eyes, from dlib's points, with the blinks of both versions: below the personal threshold "
          "(dashed) for 60 to 700 ms. Bars at the top are the original's, those below them the rendition's."),
        _lids,
    )  # fmt: skip
    yield _of_both(
        series.get("lip", {}), "lip", _("Lower lip"),
        _("Height in aligned crops of 224 pixels about its median; larger is lower."), _lip,
    )  # fmt: skip
    yield _of_both(
        series.get("tremor", {}), "spectrograms", _("Tremor of the lower lip"),
        _("Spectrograms in the head's frame after a high pass at 3 Hz: windows of 8 s, one every half second, placed "
          "at their middle. Tremor lies between the white lines, 4 to 6 Hz."),
        _spectrograms,
    )  # fmt: skip
    yield _of_one(
        series.get("body", {}), "body", _("Likeness of body keypoints over time"),
        _("Object keypoint similarity of OpenPose's 18 keypoints, the original as truth; 1 is unmoved."), _body,
    )  # fmt: skip
    yield _of_one(
        series.get("identity", {}), "identity", _("Distance of descriptors over time"),
        _("dlib's descriptor of the rendition to that of the same frame of the original, and to the donor's."),
        _identity,
    )  # fmt: skip
    planes = (
        ("pca", _("Descriptors, principal components"),
         _("A mark is a described frame. Nearness here is not nearness in all 128 numbers.")),
        ("tsne", _("Descriptors, t-SNE"),
         _("A mark is a described frame. Distances between groups mean nothing in t-SNE.")),
    )  # fmt: skip
    for kind, title, note in planes:
        yield _of_one(series.get(kind, {}), kind, title, note, _plane)
    yield _of_one(
        series.get("roc", {}), "roc", _("Telling the original from strangers"),
        _("A curve on the diagonal protects best."), _roc,
    )  # fmt: skip


def _of_one(found: Mapping[str, Any], name: str, title: str, note: str, draw: Any) -> Drawn:
    if reason := _missing(found):
        return Drawn(name, title, reason)
    return Drawn(name, title, note, as_data(draw(found)))


def _of_both(found: Mapping[str, Any], name: str, title: str, note: str, draw: Any) -> Drawn:
    """What one version lacks is told, and the other is drawn."""
    sides = {side: found[side] for side in ("original", "rendition") if side in found}
    if not sides:
        return Drawn(name, title, _missing(found))
    reasons = [f"{_side(side)}: {reason}" for side, one in sides.items() if (reason := _missing(one))]
    known = {side: one for side, one in sides.items() if not _missing(one)}
    if not known:
        return Drawn(name, title, " ".join(reasons))
    return Drawn(name, title, " ".join([note, *reasons]), as_data(draw(known)))


def _missing(found: Mapping[str, Any]) -> str:
    if not found:
        return _("Not kept: measure the rendition again.")
    return told(str(found[UNAVAILABLE])) if UNAVAILABLE in found else ""


def _side(name: str) -> str:
    return _("Original") if name == "original" else _("Rendition")


def _line(number: int) -> dict[str, Any]:
    return {"color": COLOURS[number], "dash": ("solid", "dot")[number], "width": 2}


def _clocked(figure: go.Figure, *axes: str, height: int = 320) -> go.Figure:
    """A figure over time: linked.js moves a line along these axes, and a click goes to the moment."""
    laid_out(figure, height=height)
    # A click anywhere in the figure counts, not only one that hits a curve.
    figure.update_layout(meta={"clock": list(axes)}, hovermode="x", hoverdistance=-1)
    return figure


def _courses(known: Mapping[str, Any], what: str) -> go.Figure:
    figure = go.Figure()
    for number, side in enumerate(("original", "rendition")):
        if side in known:
            figure.add_scatter(
                x=known[side]["times"], y=known[side]["values"], name=_side(side), mode="lines", line=_line(number),
                hovertemplate="%{x:.2f} s: %{y:.3f}<extra></extra>",
            )  # fmt: skip
    figure.update_xaxes(title=_("Time (s)"))
    figure.update_yaxes(title=what)
    return figure


def _lip(known: Mapping[str, Any]) -> go.Figure:
    return _clocked(_courses(known, _("Lower lip (px)")), "x")


def _lids(known: Mapping[str, Any]) -> go.Figure:
    figure = _courses(known, _("Eye aspect ratio"))
    values = [value for one in known.values() for value in one["values"] if value is not None]
    top = max(values, default=0.4)
    for number, side in enumerate(("original", "rendition")):
        if side not in known:
            continue
        one, height = known[side], top * (1.16 - 0.08 * number)
        figure.add_hline(one["threshold"], line={"color": COLOURS[number], "dash": "dash", "width": 1})
        bars = [each for start, end in one["blinks"] for each in (start, end, None)]
        figure.add_scatter(
            x=bars, y=[None if each is None else height for each in bars], mode="lines+markers",
            name=_("%(side)s: blinks (n = %(n)d)") % {"side": _side(side), "n": len(one["blinks"])},
            line={"color": COLOURS[number], "width": 5}, marker={**looks(number), "size": 8},
            hovertemplate="%{x:.2f} s<extra></extra>",
        )  # fmt: skip
    return _clocked(figure, "x", height=360)


def _spectrograms(known: Mapping[str, Any]) -> go.Figure:
    figure = make_subplots(
        cols=len(known), subplot_titles=[_side(side) for side in known], shared_yaxes=True, horizontal_spacing=0.05
    )
    powers = np.concatenate([np.ravel(one["power"]) for one in known.values()])
    low, high = float(np.quantile(powers, 0.2)), float(powers.max())
    for column, one in enumerate(known.values(), start=1):
        figure.add_heatmap(
            x=one["times"], y=one["rates"], z=one["power"], row=1, col=column, zmin=low, zmax=max(high, low + 1),
            colorscale="Cividis", showscale=column == len(known), colorbar={"title": "dB"},
            hovertemplate="%{x:.1f} s, %{y:.2f} Hz: %{z:.0f} dB<extra></extra>",
        )  # fmt: skip
        for edge in BAND_HZ:
            figure.add_hline(edge, line={"color": "#ffffff", "width": 1.5}, row=1, col=column)
    figure.update_xaxes(title=_("Time (s)"))
    figure.update_yaxes(title=_("Frequency (Hz)"), row=1, col=1)
    return _clocked(figure, *("x", "x2")[: len(known)], height=TREMOR_HEIGHT)


def _body(found: Mapping[str, Any]) -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(
        x=found["times"], y=found["values"], mode="lines+markers", line={"color": COLOURS[0]},
        marker={**looks(0), "size": 4}, hovertemplate="%{x:.2f} s: %{y:.4f}<extra></extra>",
    )  # fmt: skip
    figure.add_hline(0.95, line={"color": AXIS, "dash": "dash", "width": 1}, annotation_text="0.95")
    figure.update_xaxes(title=_("Time (s)"))
    figure.update_yaxes(title=_("Similarity"))
    return _clocked(figure, "x")


def _identity(found: Mapping[str, Any]) -> go.Figure:
    figure = go.Figure()
    for number, (kind, label) in enumerate((("to_original", _("to the original")), ("to_donor", _("to the donor")))):
        if kind in found:
            figure.add_scatter(
                x=found["times"], y=found[kind], mode="lines+markers", name=label, line=_line(number),
                marker={**looks(number), "size": 7}, hovertemplate="%{x:.2f} s: %{y:.3f}<extra></extra>",
            )  # fmt: skip
    figure.add_hline(
        DLIB.threshold, line={"color": AXIS, "dash": "dash", "width": 1},
        annotation_text=_("one person under %(limit)s") % {"limit": f"{DLIB.threshold:g}"},
    )  # fmt: skip
    figure.update_xaxes(title=_("Time (s)"))
    figure.update_yaxes(title=_("Euclidean distance"), rangemode="tozero")
    return _clocked(figure, "x")


def _plane(found: Mapping[str, Sequence[Sequence[float]]]) -> go.Figure:
    figure = go.Figure()
    kinds = {
        "strangers": (_("strangers"), {"color": GREY, "symbol": "circle-open"}), "original": (_("original"), looks(0)),
        "rendition": (_("rendition"), looks(1)), "donor": (_("donor"), looks(2)),
    }  # fmt: skip
    for kind, (label, marker) in kinds.items():
        if kind not in found:
            continue
        figure.add_scatter(
            x=[x for x, _y in found[kind]], y=[y for _x, y in found[kind]], mode="markers", hoverinfo="skip",
            name=f"{label} (n = {len(found[kind])})", marker={**marker, "size": 8, "opacity": 0.75},
        )  # fmt: skip
    figure.update_xaxes(title=_("First coordinate"))
    figure.update_yaxes(title=_("Second coordinate"))
    return laid_out(figure)


def _roc(found: Mapping[str, Any]) -> go.Figure:
    return roc_figure(np.array(found["false_accept"]), np.array(found["true_accept"]), found["auc"])
