"""Descriptors laid out in a plane, to look at; the ratio of distances within and between groups, to compute with."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.identity import distances

Floats = NDArray[np.float64]

PERPLEXITY = 30.0  # t-SNE's usual value; a third of the points where there are fewer
LEAST = 10


def plane(descriptors: Floats, kind: Literal["pca", "tsne"] = "tsne", seed: int = 0) -> Floats:
    """(n, 2) coordinates of (n, d) descriptors; t-SNE starts from PCA, so the same input gives the same plane.

    Distances in a t-SNE plane mean nothing between groups; `intra_inter` is computed from the descriptors.

    Raises
    ------
    Unavailable : fewer than 10 descriptors
    """
    if len(descriptors) < LEAST:
        raise Unavailable(f"coordinates need {LEAST} descriptors, got {len(descriptors)}.")
    if kind == "pca":
        return _pca(descriptors)
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(descriptors) - 1) / 3)
    placed: Floats = TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(descriptors)
    return placed.astype(np.float64)


def _pca(descriptors: Floats) -> Floats:
    """First two principal components; each axis points to where its largest loading is positive."""
    centred = descriptors - descriptors.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    signs = np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])
    placed: Floats = centred @ (axes * signs[:, None]).T
    return placed


@dataclass(frozen=True, slots=True)
class IntraInter:
    """Mean distance within groups, between groups, and their ratio: under 1 groups are clusters, 1 they are mixed."""

    intra: float
    inter: float
    ratio: float


def intra_inter(descriptors: Floats, groups: NDArray) -> IntraInter:
    """Mean Euclidean distance of two descriptors of one group and of two groups; every pair counts once.

    Raises
    ------
    Unavailable : there are no two of one group, or no two groups
    """
    one, two = np.triu_indices(len(descriptors), k=1)
    apart = distances(descriptors, descriptors)[one, two]
    same = groups[one] == groups[two]
    if not same.any() or same.all():
        raise Unavailable("within and between need two groups, one of them with two descriptors.")
    intra, inter = float(apart[same].mean()), float(apart[~same].mean())
    return IntraInter(intra, inter, intra / inter if inter else float("nan"))
