"""Tables of scores, as every measure of agreement takes them."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

UNDEFINED = float("nan")  # of a measure that has no value here, such as kappa where nobody varies; never 0


def checked(scores: Floats, levels: int) -> Floats:
    """A table of ordinal scores.

    Parameters
    ----------
    scores : (n, k) whole numbers from 0 to `levels` - 1 of n subjects by k raters; NaN where one gave no score
    levels : of the scale

    Raises
    ------
    ValueError : the table has another form, or holds another value
    """
    table = np.asarray(scores, np.float64)
    if table.ndim != 2:
        raise ValueError(f"scores are a table of subjects by raters, got {table.ndim} dimensions")
    if levels < 2:
        raise ValueError(f"a scale has at least 2 levels, got {levels}")
    given = table[~np.isnan(table)]
    wrong = given[(given < 0) | (given >= levels) | (given != np.floor(given))]
    if wrong.size:
        raise ValueError(f"scores are whole numbers from 0 to {levels - 1}, got {wrong[0]:g}")
    return table


def complete(scores: Floats) -> Floats:
    """Rows in which everybody gave a score."""
    rows: Floats = scores[~np.isnan(scores).any(axis=1)]
    return rows


def quadratic(levels: int) -> Floats:
    """(levels, levels) weights of agreement: 1 on the diagonal, 0 in the far corners."""
    steps = np.subtract.outer(np.arange(levels), np.arange(levels))
    weights: Floats = 1 - (steps / (levels - 1)) ** 2
    return weights


def tallies(scores: Floats, levels: int) -> Floats:
    """(n, levels) how many raters gave each score to each subject."""
    counts: Floats = (scores[:, :, None] == np.arange(levels)).sum(axis=1).astype(np.float64)
    return counts
