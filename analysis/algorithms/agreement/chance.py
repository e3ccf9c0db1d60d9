"""Agreement beyond chance: weighted kappa, Gwet's AC2, Krippendorff's alpha.

Each is a function of sums over subjects, so that the sums of thousands of draws of subjects go through it at once:
`..._of` takes sums with any number of leading axes, what makes the sums is beside it.
"""

import numpy as np

from analysis.algorithms.agreement.scores import UNDEFINED, Floats, checked, complete, quadratic, tallies

NOTHING = 1e-12  # of disagreement by chance: less is a rounding error of none


def weighted_kappa(scores: Floats, levels: int) -> float:
    """Cohen's kappa of two columns with quadratic weights; rows that lack a score are left out.

    Undefined without rows, and where both sides gave one and the same score throughout: then chance alone gives full
    agreement, and there is nothing to judge by.

    Parameters
    ----------
    scores : (n, 2) as in `scores.checked`

    References
    ----------
    Cohen 1968, Psychological Bulletin 70:213.
    """
    if scores.ndim != 2 or scores.shape[1] != 2:
        raise ValueError(f"kappa compares two columns, got a table of shape {scores.shape}")
    rows = complete(checked(scores, levels)).astype(int)
    together = np.zeros((levels, levels))
    np.add.at(together, (rows[:, 0], rows[:, 1]), 1)
    return float(kappa_of(together))


def kappa_of(together: Floats) -> Floats:
    """Weighted kappa of (..., levels, levels) how often each two scores stand together; NaN where undefined."""
    apart = 1 - quadratic(together.shape[-1])
    n = together.sum(axis=(-2, -1))
    first, second = together.sum(axis=-1), together.sum(axis=-2)
    by_chance = np.einsum("...i,ij,...j->...", first, apart, second)
    return one_minus(n * (apart * together).sum(axis=(-2, -1)), by_chance)


def ac2(scores: Floats, levels: int) -> float:
    """Gwet's AC2 with quadratic weights; unlike kappa it does not fall where one score is far more frequent.

    Subjects with one score count for how frequent scores are, those with two or more for agreement. Undefined without
    any of the latter.

    References
    ----------
    Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed.; Gwet 2008 for AC1, of which AC2 is the weighted form.
    """
    return float(ac2_of(ac2_sums(tallies(checked(scores, levels), levels)).sum(axis=0)))


def ac2_sums(counts: Floats) -> Floats:
    """(n, 3 + levels) of each subject's (n, levels) tallies: one with several scores, its agreement, one with any
    score, and its shares of the scores."""
    raters = counts.sum(axis=1)
    several, known = raters > 1, raters > 0
    agreed = (counts * (counts @ quadratic(counts.shape[1]) - 1)).sum(axis=1) / np.maximum(raters * (raters - 1), 1)
    shares = counts / np.maximum(raters, 1)[:, None]
    return np.column_stack([several, np.where(several, agreed, 0), known, shares])


def ac2_of(sums: Floats) -> Floats:
    """AC2 of (..., 3 + levels) sums over subjects; NaN where undefined."""
    levels = sums.shape[-1] - 3
    with np.errstate(invalid="ignore", divide="ignore"):
        apart: Floats = (sums[..., 0] - sums[..., 1]) / sums[..., 0]
        frequent = sums[..., 3:] / sums[..., 2:3]
    spread = (frequent * (1 - frequent)).sum(axis=-1)
    by_chance = quadratic(levels).sum() / (levels * (levels - 1)) * spread
    return one_minus(apart, 1 - by_chance)


def alpha(scores: Floats, levels: int) -> float:
    """Krippendorff's alpha for ordinal scores, with whatever scores are missing.

    Undefined without a subject that two scored, and where all of those scores are one and the same.

    References
    ----------
    Krippendorff 2011, Computing Krippendorff's Alpha-Reliability; the ordinal difference counts the scores between two
    levels, so the scale's steps need not be equal.
    """
    return float(alpha_of(coincidences(tallies(checked(scores, levels), levels)).sum(axis=0)))


def coincidences(counts: Floats) -> Floats:
    """(n, levels, levels) how often two scores of one subject stand together, of (n, levels) tallies."""
    raters = counts.sum(axis=1)
    shares = np.where(raters > 1, 1 / np.maximum(raters - 1, 1), 0)[:, None, None]
    together = counts[:, :, None] * counts[:, None, :]
    own = counts[:, :, None] * np.eye(counts.shape[1])
    pairs: Floats = (together - own) * shares
    return pairs


def alpha_of(pairs: Floats) -> Floats:
    """Ordinal alpha of (..., levels, levels) sums of coincidences; NaN where undefined."""
    totals = pairs.sum(axis=-1)
    apart = _ordinal(totals)
    n = totals.sum(axis=-1)
    by_chance = np.einsum("...i,...ij,...j->...", totals, apart, totals)
    found: Floats = (n - 1) * (apart * pairs).sum(axis=(-2, -1))
    return one_minus(found, by_chance)


def one_minus(found: Floats, by_chance: Floats) -> Floats:
    """1 - found / by chance, NaN where there is nothing by chance."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(by_chance > NOTHING, 1 - found / by_chance, UNDEFINED)


def _ordinal(totals: Floats) -> Floats:
    """(..., levels, levels) squared ordinal differences, from how often each score was given."""
    up_to = totals.cumsum(axis=-1) - totals / 2  # half of a level's own scores lie below its middle
    return (up_to[..., :, None] - up_to[..., None, :]) ** 2
