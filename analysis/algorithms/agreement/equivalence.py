"""Whether two versions are scored alike: paired differences, limits of agreement, two one-sided tests."""

from dataclasses import dataclass

import numpy as np
import scipy

from analysis.algorithms.agreement.scores import UNDEFINED, Floats

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bland and Altman's: between them lie 95% of differences, if those are normal."""

    n: int
    bias: float  # mean of first minus second
    sd: float
    lower: float
    upper: float
    bias_interval: Interval
    lower_interval: Interval
    upper_interval: Interval


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Two one-sided t tests of a mean difference against a margin on both sides."""

    n: int
    mean: float
    margin: float
    interval: Interval  # of 1 - 2 alpha: equivalent when it lies within the margin
    p: float  # the larger of both sides'
    equivalent: bool | None  # None: too few differences, nothing was tested


def limits_of_agreement(differences: Floats, confidence: float = 0.95) -> Limits:
    """Bias and 95% limits of agreement with their intervals.

    Parameters
    ----------
    differences : (n,) first minus second, independent of each other: means of patients, not single ratings

    References
    ----------
    Bland & Altman 1986, Lancet 327:307; 1999, Stat Methods Med Res 8:135 for the intervals of the limits, here by
    their approximation sqrt(3 / n) of the standard error.
    """
    known = differences[np.isfinite(differences)]
    n = len(known)
    bias = float(known.mean()) if n else UNDEFINED
    nothing = (UNDEFINED, UNDEFINED)
    if n < 2:
        return Limits(n, bias, UNDEFINED, UNDEFINED, UNDEFINED, nothing, nothing, nothing)
    sd = float(known.std(ddof=1))
    t = float(scipy.stats.t.ppf((1 + confidence) / 2, n - 1))
    z = float(scipy.stats.norm.ppf(0.975))
    of_bias, of_limit = t * sd / n**0.5, t * sd * (3 / n) ** 0.5
    lower, upper = bias - z * sd, bias + z * sd
    return Limits(
        n, bias, sd, lower, upper, (bias - of_bias, bias + of_bias), (lower - of_limit, lower + of_limit),
        (upper - of_limit, upper + of_limit),
    )  # fmt: skip


def equivalence(differences: Floats, margin: float, alpha: float = 0.05) -> Equivalence:
    """Test that the mean difference lies within ± margin.

    Parameters
    ----------
    differences : (n,) means of patients, NaN left out
    margin : in points of the scale, fixed and justified beforehand
    alpha : of each side

    References
    ----------
    Schuirmann 1987, J Pharmacokinet Biopharm 15:657.
    """
    if not margin > 0:
        raise ValueError(f"the margin must be more than 0, was {margin:g}: what difference would not matter?")
    known = differences[np.isfinite(differences)]
    n = len(known)
    mean = float(known.mean()) if n else UNDEFINED
    if n < 2:
        return Equivalence(n, mean, margin, (UNDEFINED, UNDEFINED), UNDEFINED, None)
    error = float(known.std(ddof=1)) / n**0.5
    if error == 0:  # all differ by the same: there is nothing to be unsure of
        return Equivalence(n, mean, margin, (mean, mean), float(abs(mean) >= margin), abs(mean) < margin)
    above = float(scipy.stats.t.sf((mean + margin) / error, n - 1))
    below = float(scipy.stats.t.cdf((mean - margin) / error, n - 1))
    half = float(scipy.stats.t.ppf(1 - alpha, n - 1)) * error
    p = max(above, below)
    return Equivalence(n, mean, margin, (mean - half, mean + half), p, p < alpha)
