"""Several tests at once."""

import numpy as np

from analysis.algorithms.agreement.scores import Floats


def holm(p: Floats) -> Floats:
    """Adjusted p of each test, NaN where there was none; the family is those that were made.

    References
    ----------
    Holm 1979, Scand J Statist 6:65.
    """
    found = np.full(np.shape(p), np.nan)
    made = np.flatnonzero(np.isfinite(p))
    order = made[np.argsort(p[made], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    found[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return found
