"""How many judges and trials a stated upper bound needs: simulated experiments, judged like this one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from ratings.algorithms.sixface.bounds import crossed_many

N_SIMULATIONS, N_RESAMPLES = 200, 400
NODES = np.polynomial.hermite_e.hermegauss(40)

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Planted:
    """What is true in the simulated experiments.

    Attributes
    ----------
    rate : share of all trials in which the de-identified face is paired with its original, 0-1
    judge_sd, participant_sd : how much judges, and participants, differ in it, on the scale of log odds
    """

    rate: float
    judge_sd: float = 0.5
    participant_sd: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One size: `reached` is the share of simulated experiments whose upper bound is at most the wanted one."""

    judges: int
    trials: int  # for each judge
    reached: float
    typical: float  # median upper bound


@dataclass(frozen=True, slots=True)
class Power:
    rows: tuple[Row, ...]
    n_simulations: int

    def least(self, wanted: float) -> Row | None:
        """The size with the fewest trials in all that reaches the bound with this probability."""
        able = [row for row in self.rows if row.reached >= wanted]
        return min(able, key=lambda row: (row.judges * row.trials, row.judges), default=None)


def bound_power(
    planted: Planted, *, judges: Sequence[int], trials: Sequence[int], participants: int, bound: float, seed: int,
    confidence: float = 0.95, n_simulations: int = N_SIMULATIONS,
) -> Power:  # fmt: skip
    """Probability that the upper bound of the re-identification rate comes out at most at `bound`.

    Parameters
    ----------
    judges, trials : sizes to try; trials are for each judge, each about another participant
    participants : how many there are; a judge meets as many of them as he has trials, in turn
    bound : share, 0-1; confidence : of the two-sided interval whose upper end it is

    Raises
    ------
    ValueError : more trials than participants, or a rate or bound outside of 0-1
    """
    if max(trials) > participants:
        raise ValueError(f"a judge meets each participant once: {max(trials)} trials need as many, got {participants}")
    if not 0 <= planted.rate < 1 or not 0 < bound < 1:
        raise ValueError(f"rate and bound are shares between 0 and 1, got {planted.rate:g} and {bound:g}")
    rows = []
    for n_judges in sorted(set(judges)):
        for n_trials in sorted(set(trials)):
            random = np.random.default_rng((seed, n_judges, n_trials))
            events, shown = simulated(planted, n_judges, n_trials, participants, n_simulations, random)
            found = crossed_many(events, shown, confidence=confidence, seed=seed, n_resamples=N_RESAMPLES)
            highs = [one.high for one in found]
            rows.append(Row(n_judges, n_trials, float(np.mean(np.array(highs) <= bound)), float(np.median(highs))))
    return Power(tuple(rows), n_simulations)


def simulated(
    planted: Planted, n_judges: int, n_trials: int, participants: int, n_simulations: int, random: np.random.Generator
) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]:
    """Events of every simulated experiment, (n_simulations, judges, participants), and the trials of each,
    (judges, participants)."""
    shown = met(n_judges, n_trials, participants)
    level = _level(planted)
    judge = random.normal(0, planted.judge_sd, (n_simulations, n_judges, 1))
    person = random.normal(0, planted.participant_sd, (n_simulations, 1, participants))
    rate = (
        scipy.special.expit(level + judge + person)
        if planted.rate
        else np.zeros((n_simulations, n_judges, participants))
    )
    return (random.random(rate.shape) < rate) * shown, shown


def met(n_judges: int, n_trials: int, participants: int) -> npt.NDArray[np.int_]:
    """(judges, participants) 1 where a judge meets a participant as a target, as `design.allocate` deals them out."""
    shown = np.zeros((n_judges, participants), np.int_)
    for judge in range(n_judges):
        shown[judge, (judge * n_trials + np.arange(n_trials)) % participants] = 1
    return shown


def _level(planted: Planted) -> float:
    """Log odds at which the mean rate over judges and participants is the planted one."""
    if not planted.rate:
        return -np.inf
    spread, (nodes, weights) = float(np.hypot(planted.judge_sd, planted.participant_sd)), NODES
    weights = weights / weights.sum()

    def off(level: float) -> float:
        return float((scipy.special.expit(level + spread * nodes) * weights).sum() - planted.rate)

    return float(scipy.optimize.brentq(off, -40, 40))
