"""How many participants a study needs: simulated studies with planted agreement and bias, judged like this one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

N_SIMULATIONS, MOST_NUMBERS = 2000, 2_000_000
SEVERITY_MEAN, SEVERITY_SD, RATER_SD = 1.3, 1.0, 0.3  # points: mildly to moderately affected patients; raters' leniency

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Planted:
    """What is true in the simulated studies.

    Attributes
    ----------
    agreement : correlation of two scores that one rater gives one patient, 0-1, before rounding to the scale
    bias : points by which the de-identified version is scored lower
    not_sure : share of the showings without a score
    """

    agreement: float
    bias: float = 0.0
    not_sure: float = 0.0


@dataclass(frozen=True, slots=True)
class Power:
    """Share of simulated studies that show equivalence, for each number of participants."""

    rows: tuple[tuple[int, float], ...]
    n_simulations: int

    def least(self, wanted: float) -> int | None:
        """The smallest of the numbers that were tried with at least this power."""
        return next((n for n, power in self.rows if power >= wanted), None)


def equivalence_power(
    planted: Planted, *, participants: Sequence[int], n_raters: int, margin: float, alpha: float, seed: int
) -> Power:
    """Power of two one-sided t-tests over participants' mean differences (original minus de-identified).

    Parameters
    ----------
    participants : numbers to try; smaller ones are the first of the larger ones
    margin : points
    alpha : of each one-sided test

    Notes
    -----
    Scores are severity + rater's leniency + noise, rounded to the 0-4 scale; each pair that a rater scored in both
    versions counts. A participant without a pair drops out. All simulations are one array.

    References
    ----------
    Schuirmann 1987, two one-sided tests.
    """
    numbers = sorted(set(participants))
    n_simulations = max(200, min(N_SIMULATIONS, MOST_NUMBERS // (numbers[-1] * n_raters)))
    differences = _differences(planted, (n_simulations, numbers[-1], n_raters), np.random.default_rng(seed))
    rows = tuple((n, float(_equivalent(differences[:, :n], margin, alpha).mean())) for n in numbers)
    return Power(rows, n_simulations)


def _differences(planted: Planted, shape: tuple[int, int, int], random: np.random.Generator) -> Array:
    """Mean difference of each participant, (simulations, participants); NaN without a pair."""
    if not 0 < planted.agreement < 1:
        raise ValueError(f"agreement must lie between 0 and 1, got {planted.agreement:g}")
    n_simulations, n_participants, n_raters = shape
    noise = SEVERITY_SD * np.sqrt(1 / planted.agreement - 1)
    severity = random.normal(SEVERITY_MEAN, SEVERITY_SD, (n_simulations, n_participants, 1))
    leniency = random.normal(0, RATER_SD, (n_simulations, 1, n_raters))
    original = _scored(severity + leniency + random.normal(0, noise, shape))
    deidentified = _scored(severity + leniency - planted.bias + random.normal(0, noise, shape))
    pairs = original - deidentified
    pairs[(random.random((2, *shape)) < planted.not_sure).any(axis=0)] = np.nan
    counted = np.isfinite(pairs).sum(axis=2)
    return np.where(counted > 0, np.nansum(pairs, axis=2) / np.maximum(counted, 1), np.nan)


def _scored(latent: Array) -> Array:
    scores: Array = np.clip(np.rint(latent), 0, 4)
    return scores


def _equivalent(differences: Array, margin: float, alpha: float) -> npt.NDArray[np.bool_]:
    """Whether each study shows equivalence; without variance it does when the mean lies within the margin."""
    n = np.isfinite(differences).sum(axis=1)
    mean = np.nansum(differences, axis=1) / np.maximum(n, 1)
    squares = np.nansum((differences - mean[:, None]) ** 2, axis=1)
    error = np.sqrt(squares / np.maximum(n - 1, 1) / np.maximum(n, 1))
    critical = scipy.stats.t.ppf(1 - alpha, np.maximum(n - 1, 1))
    shown: npt.NDArray[np.bool_] = (np.abs(mean) + critical * error < margin) & (n > 1)
    return shown
