"""Means over recordings with intervals over participants, many at once: pages compute them while somebody waits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.agreement.resampling import bootstrap_sums

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its 95% interval; NaN where there is none. `n` recordings of `n_participants` have a number."""

    mean: float
    low: float
    high: float
    n: int
    n_participants: int


def clustered_means(values: Floats, participants: NDArray[np.int_], *, seed: int = 0) -> list[Mean]:
    """Percentile intervals by drawing participants with replacement, each with all their recordings.

    Parameters
    ----------
    values : (n, k) of n recordings, NaN where there is no number
    participants : (n,) whose they are

    Notes
    -----
    The mean of a round is the sum over drawn participants divided by how many numbers they have.

    References
    ----------
    `agreement.resampling`.
    """
    names, place = np.unique(participants, return_inverse=True)
    known, k = np.isfinite(values), values.shape[1]
    sums = np.zeros((len(names), 2 * k))  # of the numbers, and how many they are
    np.add.at(sums, place, np.concatenate([np.where(known, values, 0.0), known], axis=1))

    def means(total: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = total[..., :k] / total[..., k:]
        return found

    people = (sums[:, k:] > 0).sum(axis=0)
    return [
        Mean(found.value, found.low, found.high, int(known[:, each].sum()), int(people[each]))
        for each, found in enumerate(bootstrap_sums(means, sums, seed=seed))
    ]
