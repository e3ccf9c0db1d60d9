"""Intraclass correlation: how much of the variance of scores lies between subjects."""

from dataclasses import dataclass

import numpy as np
import scipy

from analysis.algorithms.agreement.scores import UNDEFINED, Floats, complete

NOTHING = 1e-12  # of the squares: less is a rounding error of no variance


@dataclass(frozen=True, slots=True)
class Intraclass:
    """Absolute agreement in the two-way model. NaN where nothing varies, or too few subjects or raters."""

    n: int  # subjects that all raters scored
    raters: int
    single: float  # ICC(A,1): one rater's score
    average: float  # ICC(A,k): the mean of all raters
    single_interval: tuple[float, float]
    average_interval: tuple[float, float]


def intraclass(scores: Floats, confidence: float = 0.95) -> Intraclass:
    """ICC(A,1) and ICC(A,k) with intervals, over the subjects that every rater scored.

    The intervals are those of raters drawn at random. Three fixed raters say nothing of other raters: then the numbers
    describe these three.

    Parameters
    ----------
    scores : (n, k) subjects by raters, NaN where missing
    confidence : of the intervals, 0-1

    References
    ----------
    McGraw & Wong 1996, Psychological Methods 1:30, tables 4 and 7; ICC(2,1) and ICC(2,k) of Shrout & Fleiss 1979.
    """
    rows = complete(np.asarray(scores, np.float64))
    n, k = rows.shape
    nothing = Intraclass(n, k, UNDEFINED, UNDEFINED, (UNDEFINED, UNDEFINED), (UNDEFINED, UNDEFINED))
    if n < 2 or k < 2 or np.ptp(rows) == 0:
        return nothing
    between, raters, residual = _mean_squares(rows)
    squares = np.array([between, raters, residual, n], np.float64)
    single, average = (float(each) for each in _correlations(squares[0], squares[1], squares[2], squares[3], k))
    low, high = _interval(between, raters, residual, single, (n, k), confidence)
    return Intraclass(n, k, single, average, (low, high), (_of_mean(low, k), _of_mean(high, k)))


def _of_mean(single: float, k: int) -> float:
    """The bound of the mean of k raters, of that of one; at -1 / (k - 1) there is none."""
    below = 1 + (k - 1) * single
    return k * single / below if abs(below) > NOTHING else UNDEFINED


def _mean_squares(rows: Floats) -> tuple[float, float, float]:
    """Between subjects, between raters, residual."""
    n, k = rows.shape
    subjects, raters, whole = rows.mean(axis=1), rows.mean(axis=0), rows.mean()
    rest = rows - subjects[:, None] - raters + whole
    return (
        float(k * ((subjects - whole) ** 2).sum() / (n - 1)),
        float(n * ((raters - whole) ** 2).sum() / (k - 1)),
        float((rest**2).sum() / ((n - 1) * (k - 1))),
    )


def _correlations(between: Floats, raters: Floats, residual: Floats, n: Floats, k: int) -> tuple[Floats, Floats]:
    """ICC(A,1) and ICC(A,k) of mean squares; NaN where undefined."""
    with np.errstate(invalid="ignore", divide="ignore"):
        of_one = between + (k - 1) * residual + k * (raters - residual) / n
        of_mean = between + (raters - residual) / n
        least = NOTHING * (between + raters + residual)
        single = np.where(of_one > least, (between - residual) / of_one, UNDEFINED)
        average = np.where(of_mean > least, (between - residual) / of_mean, UNDEFINED)
    return single, average


def intraclass_sums(scores: Floats) -> Floats:
    """(n, 3 + k) of each subject of (n, k) scores, 0 where one is missing: one, sum of squares, square of the mean,
    scores."""
    known = ~np.isnan(scores).any(axis=1)
    rows = np.where(known[:, None], scores, 0)
    return np.column_stack([known, (rows**2).sum(axis=1), rows.mean(axis=1) ** 2, rows])


def intraclass_of(sums: Floats) -> tuple[Floats, Floats]:
    """ICC(A,1) and ICC(A,k) of (..., 3 + k) sums over subjects; NaN where undefined."""
    k = sums.shape[-1] - 3
    n, squares, of_means, by_rater = sums[..., 0], sums[..., 1], sums[..., 2], sums[..., 3:]
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = by_rater.sum(axis=-1) ** 2 / (n * k)
        raters = (by_rater**2).sum(axis=-1) / n - whole
        between = k * of_means - whole
        residual = squares - whole - raters - between
        found = _correlations(between / (n - 1), raters / (k - 1), residual / ((n - 1) * (k - 1)), n, k)
    nothing = (n < 2) | ~(squares - whole > NOTHING * np.maximum(squares, 1))
    return np.where(nothing, UNDEFINED, found[0]), np.where(nothing, UNDEFINED, found[1])


def _interval(
    between: float, raters: float, residual: float, single: float, shape: tuple[int, int], confidence: float
) -> tuple[float, float]:
    """Of ICC(A,1), by Satterthwaite's degrees of freedom."""
    n, k = shape
    if not np.isfinite(single) or residual <= 0:
        return UNDEFINED, UNDEFINED
    ratio = raters / residual
    above = k * single * ratio + n * (1 + (k - 1) * single) - k * single
    freedom = (n - 1) * (k - 1) * above**2
    freedom /= (n - 1) * (k * single * ratio) ** 2 + (n * (1 + (k - 1) * single) - k * single) ** 2
    tail = (1 + confidence) / 2
    first, second = scipy.stats.f.ppf(tail, n - 1, freedom), scipy.stats.f.ppf(tail, freedom, n - 1)
    other = k * raters + (k * n - k - n) * residual
    return (
        float(n * (between - first * residual) / (first * other + n * between)),
        float(n * (second * between - residual) / (other + n * second * between)),
    )
