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
BLOCK = 64  # descriptors whose distances to all others are in memory at once: all pairs of an hour are gigabytes


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
    from threadpoolctl import threadpool_limits

    perplexity = min(PERPLEXITY, (len(descriptors) - 1) / 3)
    with threadpool_limits(1):  # on busy cores its threads wait for each other: 30 s in place of half a second
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
    same, apart, n_same = 0.0, 0.0, 0
    for start in range(0, len(descriptors), BLOCK):
        one, group = descriptors[start : start + BLOCK], groups[start : start + BLOCK]
        between = distances(one, descriptors)
        between[np.arange(len(one)), start + np.arange(len(one))] = 0.0  # of a descriptor to itself: rounding alone
        alike = group[:, None] == groups
        same, apart = same + float(between[alike].sum()), apart + float(between[~alike].sum())
        n_same += int(alike.sum()) - len(one)
    n_apart = len(descriptors) * (len(descriptors) - 1) - n_same
    if not n_same or not n_apart:
        raise Unavailable("within and between need two groups, one of them with two descriptors.")
    intra, inter = same / n_same, apart / n_apart
    return IntraInter(intra, inter, intra / inter if inter else float("nan"))
