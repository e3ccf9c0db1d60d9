"""What the figures of many renditions at once draw of each: short enough to be read for a hundred of them in a moment.

It stands in the report beside the metrics. What a figure of a single rendition draws frame by frame is in `series`.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity import body, identity
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.face_metrics import of_frames, of_pairs
from analysis.algorithms.fidelity.pair import Pair
from analysis.algorithms.fidelity.report import plain, value_of
from analysis.algorithms.fidelity.shares import packed
from analysis.algorithms.fidelity.tracks import openpose18

Floats = NDArray[np.float64]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
ACCEPTED = np.linspace(0, 1, 41)  # shares of strangers accepted, at which ROC curves are read and averaged
OKS_EDGES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 1.0)
MOST_STRANGERS = 200  # shown in the plane
LEAST_STRANGERS = 10


def drawn(pair: Pair, gallery: Floats | None = None) -> dict[str, Any]:
    """Plain values for JSON by name; {"unavailable": reason} where there is nothing to draw.

    Parameters
    ----------
    gallery : (s, 128) descriptors of all strangers, whoever is worn: it spans a plane that is the same for all
        renditions. None where there is none
    """
    makers: Mapping[str, Callable[[], Any]] = {
        "pairs": partial(_pairs, pair),
        "pairs_ceiling": lambda: _pairs(pair.as_ceiling()),
        "distances": partial(_distances, pair),
        "accepted": partial(_accepted, pair),
        "plane": partial(_plane, pair, gallery),
        "oks": partial(_oks, pair),
    }
    return {name: value_of(make) for name, make in makers.items()}


def _pairs(pair: Pair) -> dict[str, str]:
    """r of all 1275 pairs of landmarks, packed."""
    return {name: packed(values) for name, values in of_pairs(pair).items()}


def _distances(pair: Pair) -> dict[str, Any]:
    """Quantiles of distances: of frames to the original and to the donor, and of the original to strangers, which is
    how far apart people are who have nothing to do with each other."""
    frames = identity.known(pair.rendition.descriptors, "rendition")
    person = identity.known(pair.original.descriptors, "original").mean(axis=0, keepdims=True)
    found = {"to_original": of_frames(pair)}
    if pair.donor is not None:
        found["to_donor"] = identity.distances(frames, pair.donor[None])[:, 0]
    if len(strangers := pair.strangers.get("descriptors", np.empty((0, 0)))):
        found["strangers"] = identity.distances(person, strangers)[0]
    return {name: np.quantile(values, QUANTILES).round(4) for name, values in found.items()}


def _accepted(pair: Pair) -> Floats:
    """Share of frames in which the original is accepted, at each share of strangers accepted.

    References
    ----------
    Fawcett 2006, "An introduction to ROC analysis": curves are averaged vertically, at equal false accept rates.
    """
    if "descriptors" not in pair.strangers:
        raise Unavailable("no strangers: name a folder of portraits of other people.")
    frames = identity.known(pair.rendition.descriptors, "rendition")
    impostor = identity.distances(frames, pair.strangers["descriptors"]).ravel()
    roc = identity.verification(of_frames(pair), impostor)
    highest = np.searchsorted(roc.false_accept, ACCEPTED, side="right") - 1  # the upper end of a step
    return np.asarray(roc.true_accept[highest]).round(4)


def _plane(pair: Pair, gallery: Floats | None) -> dict[str, Any]:
    """Original, rendition and donor in the plane of the strangers' first two principal components.

    Two numbers of 128 say where somebody lies among strangers and lead back to nobody.
    """
    if gallery is None or len(gallery) < LEAST_STRANGERS:
        raise Unavailable(f"the plane needs {LEAST_STRANGERS} strangers: name a folder of portraits of other people.")
    middle = gallery.mean(axis=0)
    axes = np.linalg.svd(gallery - middle, full_matrices=False)[2][:2]
    axes = axes * np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]
    placed = {
        "original": identity.known(pair.original.descriptors, "original").mean(axis=0),
        "rendition": identity.known(pair.rendition.descriptors, "rendition").mean(axis=0),
        "strangers": gallery[:: max(1, -(-len(gallery) // MOST_STRANGERS))],
    }
    if pair.donor is not None:
        placed["donor"] = pair.donor
    mark = hashlib.sha256(np.ascontiguousarray(gallery, np.float32).tobytes()).hexdigest()[:12]
    return {"gallery": mark} | {name: ((rows - middle) @ axes.T).round(4) for name, rows in placed.items()}


def _oks(pair: Pair) -> dict[str, Any]:
    """How many frames lie between the `OKS_EDGES`, by OpenPose's keypoints."""
    found = body.body_fidelity(
        openpose18(pair.original.pose), openpose18(pair.rendition.pose), body.OPENPOSE_SIGMAS
    ).frame_oks
    counts, _ = np.histogram(found[np.isfinite(found)], np.array(OKS_EDGES))
    return {"edges": list(OKS_EDGES), "counts": plain(counts)}
