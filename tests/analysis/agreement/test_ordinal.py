"""The ordinal mixed model: another program where patients do not vary, numeric integration, and simulation."""

import os

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit
from scipy.stats import norm
from statsmodels.miscmodels.ordinal_model import OrderedModel

from analysis.algorithms.agreement.ordinal import ordinal_mixed

SIMULATIONS = int(os.environ.get("ORDINAL_SIMULATIONS", "12"))
CUTS = np.array([-2.0, 0.0, 1.5, 3.0])


def simulated(seed, *, n=76, raters=3, effect=0.5, sd=2.0):
    """Scores of every patient by every rater in both versions."""
    rng = np.random.default_rng(seed)
    patients = np.repeat(np.arange(n), raters * 2)
    rater, arm = np.tile(np.repeat(np.arange(raters), 2), n), np.tile([0, 1], n * raters)
    line = effect * arm + np.array([0, 0.5, -0.5])[rater] + rng.normal(0, sd, n)[patients]
    scores = (line[:, None] + rng.logistic(size=(len(line), 1)) > CUTS).sum(axis=1)
    design = np.column_stack([arm, *(rater == place for place in range(1, raters))]).astype(float)
    return scores, design, patients


def test_without_patients_it_is_the_model_of_another_program():
    """statsmodels' OrderedModel: effects to 1e-5, log-likelihood to 1e-7."""
    for seed in range(3):
        scores, design, patients = simulated(seed, sd=0.7)
        ours = ordinal_mixed(scores, design, patients, sd_patients=0.0)
        theirs = OrderedModel(scores, design, distr="logit").fit(method="bfgs", disp=0, gtol=1e-8)
        assert ours.effect == pytest.approx(theirs.params[0], abs=1e-5)
        assert ours.log_likelihood == pytest.approx(theirs.llf, abs=1e-7)


def test_the_likelihood_is_that_of_numeric_integration():
    """Two scores, one threshold: each patient's integral over a fine grid, highest over the threshold, to 5e-4."""
    scores, design, patients = simulated(4, n=30, raters=1, sd=1.5)
    high = (scores > 1).astype(int)
    found = ordinal_mixed(high, design, patients)
    grid = np.linspace(-9, 9, 4001)
    sign, arm = (1 - 2 * high).reshape(30, 2), design[:, 0].reshape(30, 2)

    def minus_log_likelihood(threshold):
        line = threshold - found.effect * arm[..., None] - found.sd_patients * grid
        heights = expit(sign[..., None] * line).prod(axis=1) * norm.pdf(grid)
        return -np.log(np.trapz(heights, grid, axis=1)).sum()

    best = minimize_scalar(minus_log_likelihood, bounds=(-5, 5), method="bounded", options={"xatol": 1e-9})
    assert found.log_likelihood == pytest.approx(-best.fun, abs=5e-4)


def test_what_was_planted_is_found_and_the_interval_holds_it():
    """Mean of the estimates within 3 of its standard errors; 95% intervals hold the truth as often as they should."""
    found = [ordinal_mixed(*simulated(seed)) for seed in range(SIMULATIONS)]
    effects, spreads = np.array([one.effect for one in found]), np.array([one.sd_patients for one in found])
    assert abs(effects.mean() - 0.5) < 3 * effects.std(ddof=1) / SIMULATIONS**0.5
    assert abs(spreads.mean() - 2.0) < 3 * spreads.std(ddof=1) / SIMULATIONS**0.5 + 0.05
    held = np.mean([one.interval[0] <= 0.5 <= one.interval[1] for one in found])
    assert held > 0.95 - 3 * (0.95 * 0.05 / SIMULATIONS) ** 0.5


def test_the_implied_difference_has_the_sign_of_the_deviation():
    """A higher log-odds of the second version means that it is scored higher: original minus the other is negative."""
    scores, design, patients = simulated(7, effect=1.0)
    found = ordinal_mixed(scores, design, patients)
    raw = scores[design[:, 0] == 0].mean() - scores[design[:, 0] == 1].mean()
    assert found.effect > 0 > found.difference
    assert found.difference == pytest.approx(raw, abs=0.06)
    assert found.difference_interval[0] < found.difference < found.difference_interval[1] < 0


@pytest.mark.parametrize(
    ("scores", "arm", "patients", "told"),
    [
        ([1, 1, 1, 1], [0, 1, 0, 1], [0, 0, 1, 1], "mixed_one_score"),
        ([0, 1, 0, 1], [0, 0, 0, 0], [0, 0, 1, 1], "mixed_one_version"),
        ([0, 1, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0], "mixed_one_patient"),
        ([0, 1] * 20, [0, 1] * 20, list(np.repeat(range(20), 2)), "mixed_separated"),
    ],
)
def test_what_cannot_be_fitted_says_why(scores, arm, patients, told):
    found = ordinal_mixed(np.array(scores), np.array(arm, float)[:, None], np.array(patients))
    assert found.why == told
    assert np.isnan(found.effect)
