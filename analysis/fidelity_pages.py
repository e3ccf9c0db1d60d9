"""A folder with a page of numbers and figures, which a browser shows without a server or a network."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from django.template.loader import render_to_string
from numpy.typing import NDArray
from plotly.offline import get_plotlyjs

from analysis import fidelity_figures as figures
from analysis.algorithms.fidelity import coordinates, identity
from analysis.algorithms.fidelity.align import aligned, common
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.face_metrics import described, of_pairs
from analysis.algorithms.fidelity.pair import Pair
from analysis.fidelity_columns import COLUMNS, GROUPS, Column
from analysis.fidelity_table import Cell

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


@dataclass(frozen=True, slots=True)
class Table:
    """Texts; the first of each row is its name."""

    title: str
    heads: list[str]
    rows: list[list[str]]


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
    one, two = (aligned(each.points)[:, LOWER_LIP, 1] for each in (pair.original, pair.rendition))
    one, two = (values - np.nanmedian(values) for values in (one, two))
    return figures.courses(pair.original.times, one, two, "Lower lip (px of 224)")


def _lids(pair: Pair) -> go.Figure:
    common(pair.original.points, pair.rendition.points)
    one, two = (each.ear.mean(axis=1) for each in (pair.original, pair.rendition))
    return figures.courses(pair.original.times, one, two, "Eye aspect ratio")


def _distances(pair: Pair) -> go.Figure:
    frames = identity.known(pair.rendition.descriptors, "rendition")
    groups = {"to original": identity.frame_distances(pair.original.descriptors, pair.rendition.descriptors)}
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
    genuine = identity.frame_distances(pair.original.descriptors, pair.rendition.descriptors)
    found = identity.verification(genuine, identity.distances(frames, pair.strangers["descriptors"]).ravel())
    return figures.roc_figure(found.false_accept, found.true_accept, found.auc)


def shown(value: Cell, digits: int, n_clips: int) -> str:
    """A cell as text: the mean, and over how many clips where it is not all of them."""
    if value.mean is None:
        return "–"
    text = f"{value.mean:.{digits}f}"
    return text if value.n == n_clips else f"{text} (n = {value.n})"


def tables(cells: Mapping[str, Mapping[str, Cell]], n_clips: int) -> list[Table]:
    """One table for each group of columns."""
    return [Table(title, *table_rows(cells, n_clips, columns)) for title, columns in GROUPS.items()]


def table_rows(
    cells: Mapping[str, Mapping[str, Cell]], n_clips: int, columns: Sequence[Column] = COLUMNS
) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of text."""
    heads = ["Method", *(f"{column.label} → {column.aim}" if column.aim else column.label for column in columns)]
    rows = [
        [name, *(shown(row[column.label], column.digits, n_clips) for column in columns)] for name, row in cells.items()
    ]
    return heads, rows


def missing(cells: Mapping[str, Mapping[str, Cell]]) -> list[str]:
    """Why numbers are missing, one line for each kind of reason and row; clips differ in numbers of frames only."""
    kinds: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for name, row in cells.items():
        for label, each in row.items():
            for reason in each.reasons:
                _, labels = kinds.setdefault((name, re.sub(r"[0-9.]+", "#", reason)), (reason, []))
                if label not in labels:
                    labels.append(label)
    return [f"{name}: {reason} ({', '.join(labels)})" for (name, _), (reason, labels) in kinds.items()]


def plain_cells(cells: Mapping[str, Mapping[str, Cell]]) -> dict[str, Any]:
    return {name: {label: asdict(each) for label, each in row.items()} for name, row in cells.items()}
