"""Do two versions of the same recordings differ in a number, and could it tell single videos apart?"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]
EXACT_UP_TO = 14  # pairs; 2^14 sign flips are quick, more are drawn
N_DRAWN = 20_000
N_BOOTSTRAP = 1000


@dataclass(frozen=True, slots=True)
class Auc:
    """Chance that a video of the second arm has the larger number, ties counted half; 0.5 tells nothing."""

    value: float
    low: float
    high: float

    @property
    def bound(self) -> float:
        """The most that the number tells in either direction, at the end of the interval."""
        return max(self.high, 1 - self.low)


def paired_p(differences: Array, seed: int = 0) -> float:
    """Two-sided p of the mean of within-pair differences, by flipping their signs.

    Parameters
    ----------
    differences : (n,) second minus first version, one for each recording
    seed : of the flips that are drawn where there are too many for all of them

    References
    ----------
    Phipson & Smyth 2010, "Permutation p-values should never be zero": (b + 1) / (m + 1) where flips are drawn.
    """
    n = differences.size
    if n == 0:
        raise ValueError("a permutation test needs at least one pair, got none")
    observed = abs(differences.sum())
    tolerance = 1e-9 * np.abs(differences).sum()  # sums of the same numbers in another order are equal
    if n <= EXACT_UP_TO:
        signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
        return float(np.mean(np.abs(signs @ differences) >= observed - tolerance))
    signs = np.random.default_rng(seed).integers(0, 2, (N_DRAWN, n), dtype=np.int8) * 2 - 1
    n_as_large = int(np.count_nonzero(np.abs(signs @ differences) >= observed - tolerance))
    return (n_as_large + 1) / (N_DRAWN + 1)


def smallest_p(n_pairs: int) -> float:
    """What the test gives at best: with few pairs it cannot reject whatever they hold."""
    return 2 ** (1 - n_pairs) if n_pairs <= EXACT_UP_TO else 1 / (N_DRAWN + 1)


def holm(p_values: Array) -> Array:
    """p values corrected for their number (Holm 1979), in the given order."""
    order = np.argsort(p_values)
    stepped = (p_values.size - np.arange(p_values.size)) * p_values[order]
    corrected = np.empty_like(p_values)
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1)
    return corrected


def auc(first: Array, second: Array) -> float:
    """Area under the ROC curve of a number as a test for the second arm, by ranks (Hanley & McNeil 1982)."""
    return float(_areas(first[None], second[None])[0])


def _areas(first: Array, second: Array) -> Array:
    """The same of each row: (m, n_first) and (m, n_second) to (m,)."""
    n_first, n_second = first.shape[1], second.shape[1]
    ranks = scipy.stats.rankdata(np.concatenate([first, second], axis=1), axis=1)
    above = ranks[:, n_first:].sum(axis=1) - n_second * (n_second + 1) / 2
    areas: Array = above / (n_first * n_second)
    return areas


def auc_of_pairs(first: Array, second: Array, *, level: float = 0.95, seed: int = 0) -> Auc:
    """AUC of single videos with an interval; whole recordings are drawn again, for their versions belong together."""
    chosen = np.random.default_rng(seed).integers(0, first.size, (N_BOOTSTRAP, first.size))
    drawn = _areas(first[chosen], second[chosen])
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Auc(auc(first, second), float(low), float(high))
