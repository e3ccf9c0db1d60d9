"""Whether raters knew what they saw: Bang's blinding index of one arm."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class BlindingIndex:
    """How often an arm was told beyond guessing: 1 always, 0 as by chance, -1 always taken for the other."""

    n: int  # guesses, those who do not know among them
    n_correct: int
    n_wrong: int
    n_unknown: int
    index: float | None  # -1 to 1; None without any answer
    low: float | None
    high: float | None


def bang_index(*, correct: int, wrong: int, unknown: int, level: float = 0.95) -> BlindingIndex:
    """Share of correct minus share of wrong guesses, with its two-sided normal interval.

    Parameters
    ----------
    correct, wrong, unknown : numbers of answers about this arm
    level : of the interval, 0-1; the variance is that of a difference of two shares of one multinomial

    Raises
    ------
    ValueError : a number is negative, or the level is not between 0 and 1

    References
    ----------
    Bang, Ni, Davis 2004, "Assessment of blinding in clinical trials", Controlled Clinical Trials 25: 143-156. Answers
    are taken as independent: where one rater gives many, the interval is too narrow.
    """
    if min(correct, wrong, unknown) < 0:
        raise ValueError(f"numbers of answers cannot be negative, got {correct}, {wrong}, {unknown}")
    if not 0 < level < 1:
        raise ValueError(f"the level of an interval lies between 0 and 1, got {level}")
    n = correct + wrong + unknown
    if n == 0:
        return BlindingIndex(0, 0, 0, 0, None, None, None)
    right, false = correct / n, wrong / n
    index = right - false
    half = NormalDist().inv_cdf((1 + level) / 2) * sqrt((right + false - index**2) / n)
    return BlindingIndex(n, correct, wrong, unknown, index, max(index - half, -1.0), min(index + half, 1.0))
