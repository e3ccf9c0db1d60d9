"""A folder with a page of numbers and figures, which a browser shows without a server or a network."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from django.template.loader import render_to_string
from numpy.typing import NDArray
from plotly.offline import get_plotlyjs

from analysis import fidelity_figures as figures
from analysis.algorithms.fidelity import coordinates, identity
from analysis.algorithms.fidelity.align import common, crops
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.face_metrics import described, of_frames, of_pairs
from analysis.algorithms.fidelity.pair import Pair
from analysis.fidelity_texts import Table

Floats = NDArray[np.float64]
LOWER_LIP = 57


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure with a title and a sentence; without a figure the sentence says why."""

    title: str
    note: str
    figure: go.Figure | None = None

    @property
    def html(self) -> str:
        if self.figure is None:
            return ""
        return str(self.figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False}))


def write_page(
    folder: Path,
    title: str,
    tables: Sequence[Table],
    drawings: Iterable[Drawing],
    notes: Sequence[str] = (),
    reasons: Sequence[str] = (),
) -> Path:
    """index.html and plotly.min.js."""
    page = folder / "index.html"
    shown = {"title": title, "tables": tables, "figures": list(drawings), "notes": notes, "reasons": reasons}
    page.write_text(render_to_string("analysis/fidelity_report.html", shown), encoding="utf-8")
    (folder / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
    return page


def pair_drawings(pair: Pair) -> list[Drawing]:
    """What is drawn of one rendition."""
    makers = (
        ("Motion of pairs of landmarks", "First canonical correlation of each pair, in aligned crops.", _maps),
        ("Lower lip", "Height of the lower lip in aligned crops, about its median; larger is lower.", _lip),
        ("Eye aspect ratio", "Mean of both eyes, from dlib's points.", _lids),
        ("Distances of descriptors", "Single frames of the rendition.", _distances),
        ("Descriptors, PCA", "First two principal components of all descriptors.", _plane("pca", "PCA")),
        ("Descriptors, t-SNE", "Distances between groups mean nothing here.", _plane("tsne", "t-SNE")),
        ("Telling original from strangers", "A curve on the diagonal protects best.", _roc),
    )
    return [_drawn(title, note, make, pair) for title, note, make in makers]


def _drawn(title: str, note: str, make: Any, pair: Pair) -> Drawing:
    try:
        return Drawing(title, note, make(pair))
    except Unavailable as reason:
        return Drawing(title, str(reason))


def _maps(pair: Pair) -> go.Figure:
    maps = {"rendition": of_pairs(pair)["r_cca"]}
    if pair.reencoded is not None:
        maps["original re-encoded (ceiling)"] = of_pairs(pair.as_ceiling())["r_cca"]
    return figures.pair_map(maps)


def _lip(pair: Pair) -> go.Figure:
    common(pair.original.points, pair.rendition.points)
    one, two = (crops(each.points).only(LOWER_LIP)[:, 0, 1] for each in (pair.original, pair.rendition))
    one, two = (values - np.nanmedian(values) for values in (one, two))
    return figures.courses(pair.original.times, one, two, "Lower lip (px of 224)")


def _lids(pair: Pair) -> go.Figure:
    common(pair.original.points, pair.rendition.points)
    one, two = (each.ear.mean(axis=1) for each in (pair.original, pair.rendition))
    return figures.courses(pair.original.times, one, two, "Eye aspect ratio")


def _distances(pair: Pair) -> go.Figure:
    frames = identity.known(pair.rendition.descriptors, "rendition")
    groups = {"to original": of_frames(pair)}
    if pair.donor is not None:
        groups["to donor"] = identity.distances(frames, pair.donor[None])[:, 0]
    if "descriptors" in pair.strangers:
        own = frames.mean(axis=0, keepdims=True)
        groups["mean to strangers"] = identity.distances(own, pair.strangers["descriptors"])[0]
    return figures.distance_figure(groups, identity.DLIB.threshold)


def _plane(kind: Any, name: str) -> Any:
    def draw(pair: Pair) -> go.Figure:
        rows, groups = described(pair.original, pair.rendition)
        names = ["original", "rendition"]
        more = {
            "strangers": pair.strangers.get("descriptors"),
            "donor": None if pair.donor is None else pair.donor[None],
        }
        for label, found in more.items():
            if found is not None:
                rows = np.concatenate([rows, found])
                groups = np.concatenate([groups, np.full(len(found), len(names))])
                names.append(label)
        return figures.plane_figure(coordinates.plane(rows, kind), groups, names, name)

    return draw


def _roc(pair: Pair) -> go.Figure:
    if "descriptors" not in pair.strangers:
        raise Unavailable("no strangers: name a folder of portraits of other people.")
    frames = identity.known(pair.rendition.descriptors, "rendition")
    genuine = of_frames(pair)
    found = identity.verification(genuine, identity.distances(frames, pair.strangers["descriptors"]).ravel())
    return figures.roc_figure(found.false_accept, found.true_accept, found.auc)
