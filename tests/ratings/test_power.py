"""The simulation of power: what is planted comes out, in time for a page."""

import time

import numpy as np
import pytest
from scipy import stats

from ratings.algorithms.power import Planted, _differences, equivalence_power


def power(n, *, margin=0.5, alpha=0.05, n_raters=3, seed=1, **planted):
    given = Planted(**({"agreement": 0.8} | planted))
    return equivalence_power(given, participants=[n], n_raters=n_raters, margin=margin, alpha=alpha, seed=seed).rows[0][
        1
    ]


def test_without_bias_it_agrees_with_the_closed_form():
    """Normal theory with the simulated sd: power = 2 * P(Z < margin/se - t) - 1, here at 60 participants."""
    differences = _differences(Planted(0.6), (4000, 60, 1), np.random.default_rng(0))
    se = differences.std(ddof=1) / np.sqrt(60)
    expected = 2 * stats.norm.cdf(0.4 / se - stats.t.ppf(0.95, 59)) - 1
    assert power(60, margin=0.4, n_raters=1, agreement=0.6) == pytest.approx(expected, abs=0.04)


@pytest.mark.parametrize(("alpha", "margin"), [(0.05, 0.5), (0.01, 0.3)])
def test_at_the_margin_equivalence_is_shown_in_alpha_of_the_studies(alpha, margin):
    """The bias that shrinks on the clipped scale is enlarged until the true mean difference is the margin."""
    random = np.random.default_rng(2)
    biases = np.linspace(margin, 2 * margin, 60)
    means = [np.nanmean(_differences(Planted(0.8, bias=b), (300, 40, 3), random)) for b in biases]
    bias = float(biases[np.argmin(np.abs(np.array(means) - margin))])
    assert power(40, margin=margin, alpha=alpha, bias=bias) == pytest.approx(alpha, abs=0.03)


def test_more_participants_raters_and_agreement_give_more_power():
    assert power(10, margin=0.3) < power(30, margin=0.3) < power(76, margin=0.3)
    assert power(20, margin=0.3, n_raters=1) < power(20, margin=0.3, n_raters=5)
    assert power(20, margin=0.3, agreement=0.5) < power(20, margin=0.3, agreement=0.9)
    assert power(20, margin=0.3, not_sure=0.4) < power(20, margin=0.3)


def test_the_least_number_is_the_first_with_enough_power():
    found = equivalence_power(Planted(0.8), participants=[5, 10, 20, 40], n_raters=3, margin=0.4, alpha=0.05, seed=1)
    least = found.least(0.8)
    assert least is not None
    assert dict(found.rows)[least] >= 0.8
    assert all(power < 0.8 for n, power in found.rows if n < least)
    assert found.least(1.1) is None


def test_the_largest_study_is_simulated_within_two_seconds():
    begun = time.perf_counter()
    equivalence_power(Planted(0.8), participants=[50, 100, 200], n_raters=20, margin=0.5, alpha=0.05, seed=1)
    assert time.perf_counter() - begun < 2


def test_an_impossible_agreement_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        power(10, agreement=1.0)
