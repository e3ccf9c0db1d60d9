"""How well scores tell pairs of one person from pairs of two."""

import numpy as np
from numpy.typing import NDArray


def verification(scores: NDArray[np.float64], same: NDArray[np.bool_]) -> dict[str, float]:
    """Equal error rate, accuracy at its threshold (of both kinds alike), the threshold, and how many pairs of one.

    Parameters
    ----------
    scores : (n,) higher is more alike
    same : (n,) whether a pair shows one person; both kinds are there
    """
    thresholds = np.unique(scores)
    accepted, rejected = np.sort(scores[same]), np.sort(scores[~same])
    false_rejects = np.searchsorted(accepted, thresholds, "left") / len(accepted)
    false_accepts = 1 - np.searchsorted(rejected, thresholds, "left") / len(rejected)
    at = int(np.argmin(np.abs(false_rejects - false_accepts)))
    rate = float((false_rejects[at] + false_accepts[at]) / 2)
    return {"eer": rate, "accuracy": 1 - rate, "threshold": float(thresholds[at]), "pairs": float(same.sum())}
