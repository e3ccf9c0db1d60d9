"""Means with intervals over participants: against the general bootstrap, and against simulation."""

import numpy as np
import pytest

from analysis.algorithms.agreement.resampling import bootstrap
from analysis.algorithms.fidelity.intervals import clustered_means


def test_intervals_are_those_of_the_general_bootstrap():
    """Both draw 2,000 times, each its own way: ends agree to a twentieth of the interval's width."""
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(12), 3)
    values = rng.normal(0, 1, 12)[people] + rng.normal(0, 0.4, 36)
    values[4] = np.nan
    ours = clustered_means(values[:, None], people)[0]
    other = bootstrap(lambda rows: np.array([np.nanmean(values[rows])]), people, rounds=2000, seed=5)[0]
    assert ours.mean == pytest.approx(other.value)
    width = other.high - other.low
    assert ours.low == pytest.approx(other.low, abs=width / 20)
    assert ours.high == pytest.approx(other.high, abs=width / 20)
    assert (ours.n, ours.n_participants) == (35, 12)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """30 participants with two recordings each, 200 times: 95% within the error of the simulation and of so few people
    (percentile intervals of 30 are some 1% too narrow)."""
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(30), 2)
    hits = 0
    for seed in range(200):
        values = rng.normal(0, 1, 30)[people] + rng.normal(0, 0.5, 60)
        found = clustered_means(values[:, None], people, seed=seed)[0]
        hits += found.low <= 0 <= found.high
    assert 0.90 <= hits / 200 <= 0.98


def test_one_participant_has_a_mean_and_no_interval_and_nobody_has_neither():
    found = clustered_means(np.array([[1.0, np.nan], [3.0, np.nan]]), np.array([7, 7]))
    assert (found[0].mean, found[0].n, found[0].n_participants) == (2.0, 2, 1)
    assert np.isnan([found[0].low, found[0].high, found[1].mean, found[1].low]).all()


def test_a_number_that_few_of_many_have_gets_no_interval():
    """Of 20 participants two have it: one round in eight draws neither, and an interval would tell of the others."""
    values = np.ones((20, 2))
    values[2:, 0] = np.nan
    found = clustered_means(values, np.arange(20))[0]
    assert (found.mean, found.n_participants) == (1.0, 2)
    assert np.isnan([found.low, found.high]).all()
