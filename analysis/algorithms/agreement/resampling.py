"""Intervals over patients: whole patients are drawn, with all their recordings and raters."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.agreement.scores import UNDEFINED, Floats

ROUNDS = 2000
LEAST_DEFINED = 0.9  # share of rounds that must have a value; else the interval describes the lucky ones


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic with its interval over patients."""

    value: float
    low: float
    high: float
    n_clusters: int
    n_undefined: int  # rounds in which the statistic had no value


def bootstrap(
    statistic: Callable[[NDArray[np.int_]], Floats],
    clusters: NDArray[np.int_],
    *,
    rounds: int = ROUNDS,
    confidence: float = 0.95,
    seed: int = 0,
) -> list[Estimate]:
    """Percentile intervals of one or more statistics, by drawing clusters with replacement.

    Parameters
    ----------
    statistic : of (m,) places of rows, some of them several times, gives (s,) values, NaN where undefined
    clusters : (n,) which cluster (patient) each row belongs to
    rounds, seed : the same seed gives the same intervals

    References
    ----------
    Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13; for drawing clusters whole Field & Welsh
    2007, J R Stat Soc B 69:369.
    """
    groups = [np.flatnonzero(clusters == name) for name in np.unique(clusters)]
    values = np.atleast_1d(statistic(np.arange(len(clusters))))
    if len(groups) < 2:
        return [Estimate(float(value), UNDEFINED, UNDEFINED, len(groups), 0) for value in values]
    rng = np.random.default_rng(seed)
    drawn = np.empty((rounds, len(values)))
    for place in range(rounds):
        rows = np.concatenate([groups[each] for each in rng.integers(len(groups), size=len(groups))])
        drawn[place] = statistic(rows)
    return [_estimate(float(value), drawn[:, column], len(groups), confidence) for column, value in enumerate(values)]


def bootstrap_sums(
    statistic: Callable[[Floats], Floats],
    sums: Floats,
    *,
    rounds: int = ROUNDS,
    confidence: float = 0.95,
    seed: int = 0,
) -> list[Estimate]:
    """As `bootstrap`, of statistics that are functions of sums over clusters: all draws at once.

    Parameters
    ----------
    statistic : of (..., m) sums, gives (..., s) values, NaN where undefined
    sums : (c, m) of each cluster; those with nothing but 0 take no part
    """
    own = np.asarray(sums, np.float64)
    own = own[own.any(axis=1)]
    values = np.atleast_1d(statistic(own.sum(axis=0)))
    if len(own) < 2:
        return [Estimate(float(value), UNDEFINED, UNDEFINED, len(own), 0) for value in values]
    found = np.asarray(statistic(_draws(len(own), rounds, seed) @ own)).reshape(rounds, len(values))
    return [_estimate(float(value), found[:, place], len(own), confidence) for place, value in enumerate(values)]


@lru_cache(maxsize=4)
def _draws(n_clusters: int, rounds: int, seed: int) -> Floats:
    """(rounds, n_clusters) how often each cluster is drawn.

    Kept, because drawing is most of the work and one page or run asks for the same draws many times: 2,000 rounds over
    100 clusters are 1.6 MB.
    """
    drawn = np.random.default_rng(seed).multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), size=rounds)
    found: Floats = drawn.astype(np.float64)
    found.flags.writeable = False
    return found


def _estimate(value: float, drawn: Floats, n_clusters: int, confidence: float) -> Estimate:
    known = drawn[np.isfinite(drawn)]
    n_undefined = len(drawn) - len(known)
    if not np.isfinite(value) or len(known) < LEAST_DEFINED * len(drawn):
        return Estimate(value, UNDEFINED, UNDEFINED, n_clusters, n_undefined)
    tail = (1 - confidence) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return Estimate(value, float(low), float(high), n_clusters, n_undefined)
