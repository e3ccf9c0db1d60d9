"""Intervals hold what was planted, and the sizes that the power page names reach their bound."""

import os

import numpy as np
import pytest

from ratings.algorithms.sixface.bounds import crossed, crossed_many, exact
from ratings.algorithms.sixface.power import Planted, bound_power, simulated

N_SIMULATED = max(200, int(os.environ.get("SIXFACE_TRIALS", "2000")) // 100)


def test_exact_intervals_are_those_of_clopper_and_pearson():
    """NIST's worked example, 4 of 20: 0.0573 to 0.4366; and the rule of three for none of n."""
    found = exact(4, 20)
    assert (found.low, found.high) == pytest.approx((0.0573, 0.4366), abs=5e-5)
    assert exact(0, 100, confidence=0.90).high == pytest.approx(0.0295, abs=5e-5)
    assert (exact(0, 0).share, exact(0, 0).high) == (None, 1.0)


def test_with_no_events_participants_are_counted_not_trials():
    trials = np.ones((7, 20), int)
    found = crossed(np.zeros_like(trials), trials)
    assert (found.low, found.n) == (0.0, 20)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 20))


def test_events_of_one_participant_widen_the_interval_as_much_as_they_should():
    """Seven events of one person are one piece of evidence; seven of seven people are more."""
    trials = np.ones((7, 40), int)
    one, many = np.zeros_like(trials), np.zeros_like(trials)
    one[:, 3] = 1
    many[np.arange(7), np.arange(7) * 5] = 1
    assert crossed(one, trials).high > 1.3 * crossed(many, trials).high


@pytest.mark.parametrize(("rate", "judges", "trials"), [(0.02, 7, 76), (0.1, 7, 30), (0.25, 12, 24)])
def test_a_planted_rate_lies_within_its_interval_at_nominal_coverage(rate, judges, trials):
    events, shown = simulated(Planted(rate), judges, trials, 76, N_SIMULATED, np.random.default_rng(1))
    found = crossed_many(events, shown, n_resamples=400)
    covered = np.mean([one.low <= rate <= one.high for one in found])
    assert covered >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / N_SIMULATED)
    assert events.mean(axis=0)[shown > 0].mean() == pytest.approx(rate, rel=0.15)


def test_more_judges_and_trials_reach_a_bound_more_often():
    found = bound_power(Planted(0.01), judges=[3, 10], trials=[10, 76], participants=76, bound=0.04, seed=1)
    reached = {(row.judges, row.trials): row.reached for row in found.rows}
    assert reached[3, 10] < reached[10, 76]
    assert found.least(0.8).judges == 10
    assert found == bound_power(Planted(0.01), judges=[3, 10], trials=[10, 76], participants=76, bound=0.04, seed=1)


def test_nothing_planted_needs_as_many_participants_as_the_exact_bound_says():
    """None of 72 participants gives 5.0%, none of 71 gives 5.06%."""
    most = {n: bound_power(Planted(0), judges=[2], trials=[n], participants=n, bound=0.05, seed=1) for n in (71, 72)}
    assert [most[n].rows[0].reached for n in (71, 72)] == [0.0, 1.0]


@pytest.mark.parametrize("wrong", [{"trials": [80]}, {"bound": 0}, {"planted": Planted(1.0)}])
def test_sizes_that_cannot_be_are_refused(wrong):
    given = {"planted": Planted(0.01), "trials": [10], "bound": 0.05} | wrong
    planted = given.pop("planted")
    with pytest.raises(ValueError, match="got"):
        bound_power(planted, judges=[3], participants=76, seed=1, **given)
