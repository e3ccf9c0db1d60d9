"""The ordinal mixed model: cumulative logits with a random intercept of each patient."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from analysis.algorithms.agreement.scores import UNDEFINED, Floats

Whole = NDArray[np.int_]

NODES = 15
NEWTON, HALVINGS = 50, 20  # steps to the mode; the posterior of a patient is log-concave
FAR = 15.0  # log-odds: an effect beyond is a separation, which has no finite estimate
TINY = 1e-300


@dataclass(frozen=True, slots=True)
class MixedModel:
    """Effect of the first column of the design in log-odds of a higher score. NaN where undefined; `why` names it."""

    n: int  # scores
    n_patients: int
    effect: float
    interval: tuple[float, float]  # robust: by the patients' own contributions
    p: float
    sd_patients: float  # of the random intercepts, log-odds
    difference: float  # of the mean score, first column 0 minus 1, over patients and the rows' other columns, points
    difference_interval: tuple[float, float]
    log_likelihood: float
    why: str = ""


def ordinal_mixed(
    scores: Whole, design: Floats, patients: Whole, *, sd_patients: float | None = None, confidence: float = 0.95
) -> MixedModel:
    """Fit P(score <= k) = logistic(threshold_k - design @ effects - intercept of the patient).

    Maximum likelihood by adaptive Gauss-Hermite quadrature; the gradient is exact for the quadrature's posterior. The
    intervals are of a sandwich of what each patient contributes, so that other likeness does not narrow them.

    Parameters
    ----------
    scores : (n,) whole numbers; levels that nobody gave have no threshold
    design : (n, q) without a constant; the first column is 0 or 1 and is tested
    patients : (n,) whose each score is
    sd_patients : fixed, if given; 0 is the model without patients

    References
    ----------
    Agresti 2010, Analysis of Ordinal Categorical Data, ch. 10; Pinheiro & Bates 1995, J Comput Graph Stat 4:12 for the
    quadrature; White 1982, Econometrica 50:1 for the sandwich.
    """
    levels, y = np.unique(scores, return_inverse=True)
    people, of = np.unique(patients, return_inverse=True)
    if why := _unfit(levels, design, people):
        return _undefined(len(scores), len(people), why)
    data = _Data(y, np.asarray(design, np.float64), of, len(levels), len(people), sd_patients)
    start = data.start()
    found = scipy.optimize.minimize(
        lambda at: data.minus_log_likelihood(at), start, jac=True, method="BFGS", options={"gtol": 1e-6}
    )
    at = found.x
    if abs(at[data.first]) > FAR or not np.isfinite(at).all():
        return _undefined(len(scores), len(people), "mixed_separated")
    covariance = data.covariance(at)
    if covariance is None:
        return _undefined(len(scores), len(people), "mixed_flat")
    z = float(scipy.stats.norm.ppf((1 + confidence) / 2))
    effect, error = float(at[data.first]), float(covariance[data.first, data.first] ** 0.5)
    slope = _numeric(lambda where: data.difference(where, levels), at)
    difference, spread = data.difference(at, levels), float((slope @ covariance @ slope) ** 0.5)
    return MixedModel(
        len(scores), len(people), effect, (effect - z * error, effect + z * error),
        float(2 * scipy.stats.norm.sf(abs(effect / error))), data.sd(at), difference,
        (difference - z * spread, difference + z * spread), -float(found.fun),
    )  # fmt: skip


def _unfit(levels: Whole, design: Floats, people: Whole) -> str:
    if len(people) < 2:
        return "mixed_one_patient"
    if len(levels) < 2:
        return "mixed_one_score"
    if np.ptp(design[:, 0]) == 0:
        return "mixed_one_version"
    return ""


def _undefined(n: int, n_patients: int, why: str) -> MixedModel:
    none = (UNDEFINED, UNDEFINED)
    return MixedModel(
        n, n_patients, UNDEFINED, none, UNDEFINED, UNDEFINED, UNDEFINED, none, UNDEFINED, why
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Data:
    """What is fitted. A point is (first threshold, logs of the steps, effects, standard deviation of patients)."""

    y: Whole
    design: Floats
    of: Whole
    n_levels: int
    n_people: int
    fixed: float | None

    @property
    def first(self) -> int:
        return self.n_levels - 1

    def start(self) -> Floats:
        below = np.array([(self.y <= level).mean() for level in range(self.n_levels - 1)])
        thresholds = np.log(below / (1 - below))
        steps = np.log(np.maximum(np.diff(thresholds), 1e-3))
        rest = [0.0] * self.design.shape[1] + ([] if self.fixed is not None else [1.0])
        return np.concatenate([thresholds[:1], steps, rest])

    def sd(self, at: Floats) -> float:
        """The likelihood is the same for both signs."""
        return abs(float(at[-1])) if self.fixed is None else self.fixed

    def thresholds(self, at: Floats) -> Floats:
        """(levels + 1,) with both ends."""
        inner = at[0] + np.concatenate([[0.0], np.exp(at[1 : self.first]).cumsum()])
        return np.concatenate([[-np.inf], inner, [np.inf]])

    def effects(self, at: Floats) -> Floats:
        effects: Floats = at[self.first : self.first + self.design.shape[1]]
        return effects

    def shares(self, at: Floats, shift: Floats) -> tuple[Floats, Floats]:
        """F at the upper and the lower threshold of each score, for (n,) or (n, nodes) intercepts."""
        cuts = self.thresholds(at)
        line = self.design @ self.effects(at)
        upper, lower = cuts[self.y + 1] - line, cuts[self.y] - line
        if shift.ndim > 1:
            upper, lower = upper[:, None], lower[:, None]
        return scipy.special.expit(upper - shift), scipy.special.expit(lower - shift)

    def modes(self, at: Floats) -> tuple[Floats, Floats]:
        """(people,) where the posterior of each intercept is highest, and its width there, in standard deviations."""
        sd, mode, spread = self.sd(at), np.zeros(self.n_people), np.ones(self.n_people)
        height = self.heights(at, mode[:, None])[:, 0]
        for _ in range(NEWTON):
            up, low = self.shares(at, sd * mode[self.of])
            slope = sd * np.bincount(self.of, up + low - 1, self.n_people) - mode
            bend = 1 + sd**2 * np.bincount(self.of, up * (1 - up) + low * (1 - low), self.n_people)
            spread, step = bend**-0.5, slope / bend
            for _half in range(HALVINGS):  # a whole step may go too far where the scores change their mind
                new = self.heights(at, (mode + step)[:, None])[:, 0]
                if (worse := new < height - 1e-12).any():
                    step[worse] /= 2
                else:
                    break
            mode, height = mode + step, new
            if np.abs(step).max() < 1e-10:
                break
        return mode, spread

    def heights(self, at: Floats, nodes: Floats) -> Floats:
        """(people, nodes) log-likelihood of each patient's scores and of the intercept itself, but for a constant."""
        up, low = self.shares(at, self.sd(at) * nodes[self.of])
        found = -(nodes**2) / 2
        np.add.at(found, self.of, np.log(np.maximum(up - low, TINY)))
        return found

    def posterior(self, at: Floats) -> tuple[Floats, Floats, Floats]:
        """(people,) log-likelihoods, (people, nodes) intercepts in standard deviations and their posterior weights."""
        mode, spread = self.modes(at)
        x, w = np.polynomial.hermite.hermgauss(NODES)
        nodes = mode[:, None] + 2**0.5 * spread[:, None] * x
        terms = self.heights(at, nodes) + np.log(w) + x**2 + np.log(spread / np.pi**0.5)[:, None]
        whole = scipy.special.logsumexp(terms, axis=1)
        return whole, nodes, np.exp(terms - whole[:, None])

    def minus_log_likelihood(self, at: Floats) -> tuple[float, Floats]:
        whole, nodes, weights = self.posterior(at)
        return -float(whole.sum()), -self.gradients(at, nodes, weights).sum(axis=0)

    def gradients(self, at: Floats, nodes: Floats, weights: Floats) -> Floats:
        """(people, parameters) of each patient's log-likelihood: Fisher's identity over the quadrature's posterior."""
        up, low = self.shares(at, self.sd(at) * nodes[self.of])
        share, by_node = np.maximum(up - low, TINY), weights[self.of]
        of_line = up + low - 1  # of log p by the linear predictor
        of_cut = np.zeros((self.n_people, self.n_levels + 1))
        np.add.at(of_cut, (self.of, self.y + 1), (by_node * up * (1 - up) / share).sum(axis=1))
        np.add.at(of_cut, (self.of, self.y), -(by_node * low * (1 - low) / share).sum(axis=1))
        inner = of_cut[:, 1:-1]
        above = inner[:, ::-1].cumsum(axis=1)[:, ::-1]  # a step moves its threshold and all above
        parts = [above[:, :1], above[:, 1:] * np.exp(at[1 : self.first])]
        line = np.zeros((self.n_people, self.design.shape[1]))
        np.add.at(line, self.of, (by_node * of_line).sum(axis=1)[:, None] * self.design)
        parts.append(line)
        if self.fixed is None:
            sign = -1.0 if at[-1] < 0 else 1.0
            spread = np.bincount(self.of, (by_node * of_line * nodes[self.of]).sum(axis=1), self.n_people)
            parts.append(sign * spread[:, None])
        return np.hstack(parts)

    def covariance(self, at: Floats) -> Floats | None:
        """Sandwich; None where the curvature has no inverse."""
        curvature = _numeric(lambda where: self.minus_log_likelihood(where)[1], at)
        curvature = (curvature + curvature.T) / 2
        if not np.isfinite(curvature).all() or np.linalg.eigvalsh(curvature)[0] <= 1e-8:
            return None
        own = self.gradients(at, *self.posterior(at)[1:])
        bread = np.linalg.inv(curvature)
        meat = own.T @ own * self.n_people / (self.n_people - 1)
        found: Floats = bread @ meat @ bread
        return found

    def difference(self, at: Floats, levels: Whole) -> float:
        """Mean score with the first column 0 minus with 1, over normal patients and the rows' other columns."""
        x, w = np.polynomial.hermite_e.hermegauss(NODES)
        cuts, means = self.thresholds(at)[1:-1], []
        others = np.unique(self.design[:, 1:], axis=0) @ self.effects(at)[1:]
        for arm in (0.0, 1.0):
            line = others[:, None] + arm * at[self.first] + self.sd(at) * x
            above = scipy.special.expit(line[:, :, None] - cuts)  # P(score over each threshold)
            means.append(float((levels[0] + above @ np.diff(levels)).mean(axis=0) @ (w / w.sum())))
        return means[0] - means[1]


def _numeric(function: Callable[[Floats], Any], at: Floats) -> Floats:
    """Derivatives by central differences, one row for each parameter."""
    rows = []
    for place in range(len(at)):
        step = np.zeros(len(at))
        step[place] = 1e-5 * max(1.0, abs(at[place]))
        rows.append((function(at + step) - function(at - step)) / (2 * step[place]))
    return np.array(rows)
