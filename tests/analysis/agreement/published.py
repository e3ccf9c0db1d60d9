"""A study of the shape of the published one, made so that it has the published statistics.

Zhu et al. 2024 (FaceMotionPreserve): 76 patients, three raters, pairs valid on both sides 218 (hypomimia), 206
(tremor), 120 (speech) of 228; paired deviation original minus de-identified -0.23, -0.03, -0.07; at most 1 in 97%,
98%, 99%; identical in 90% (tremor) and 68% (speech); differences of each two raters on originals 0.63, 0.74, 0.10
(hypomimia), 0.27, 0.05, 0.20 (tremor), 0.77, 0.44, 1.10 (speech).
"""

from dataclasses import dataclass

import numpy as np

from analysis.algorithms.agreement.tables import Tables
from analysis.algorithms.deviation import NOT_SURE

N_PATIENTS, N_RATERS = 76, 3


@dataclass(frozen=True)
class Published:
    """What is printed, and how often each deviation has to stand in the pairs for it."""

    n_pairs: int
    mean: float
    within_one: float  # per cent
    identical: float | None  # per cent
    apart: tuple[float, float, float]  # raters 1 and 2, 1 and 3, 2 and 3
    deviations: dict[int, int]
    middles: tuple[float, float, float]  # mean score of each rater on originals that makes them that far apart


PUBLISHED = {
    "hypomimia": Published(
        218, -0.23, 97, None, (0.63, 0.74, 0.10), {-2: 6, -1: 61, 0: 129, 1: 21, 2: 1}, (1.0, 1.63, 1.74)
    ),
    "tremor": Published(206, -0.03, 98, 90, (0.27, 0.05, 0.20), {-2: 4, -1: 7, 0: 186, 1: 9}, (0.5, 0.77, 0.55)),
    "speech": Published(120, -0.07, 99, 68, (0.77, 0.44, 1.10), {-2: 1, -1: 22, 0: 81, 1: 16}, (1.6, 0.865, 2.003)),
}


def made(told: Published) -> Tables:
    """Originals around each rater's mean, the deviations dealt out to valid pairs, the rest “not sure”."""
    per_rater = [told.n_pairs // N_RATERS + (place < told.n_pairs % N_RATERS) for place in range(N_RATERS)]
    codes = np.full((2, 2, N_PATIENTS, N_RATERS), NOT_SURE)
    codes[:, 1] = -2
    dealt = np.repeat(list(told.deviations), list(told.deviations.values()))
    np.random.default_rng(1).shuffle(dealt)
    at = 0
    for rater, n in enumerate(per_rater):
        own = dealt[at : at + n]
        at += n
        codes[0, 0, :n, rater] = _originals(n, told.middles[rater], own)
        codes[1, 0, :n, rater] = codes[0, 0, :n, rater] - own
    nowhere = np.full(codes.shape, np.nan)
    return Tables(codes, nowhere, nowhere, np.arange(N_PATIENTS), ("rater-1", "rater-2", "rater-3"))


def _originals(n: int, middle: float, deviation: np.ndarray) -> np.ndarray:
    """Whole scores whose sum is the nearest to n times the middle, and which the deviation leaves on the scale."""
    least, most = np.maximum(deviation, 0), np.minimum(4 + deviation, 4)
    scores = np.clip(np.floor(middle), least, most).astype(int)
    missing = round(n * middle) - int(scores.sum())
    while missing:
        step = 1 if missing > 0 else -1
        room = np.flatnonzero((scores + step <= most) if step > 0 else (scores + step >= least))
        chosen = room[np.argsort(scores[room] * step, kind="stable")][: abs(missing)]
        scores[chosen] += step
        missing -= step * len(chosen)
    return scores
