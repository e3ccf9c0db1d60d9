"""Within-pair tests and areas against scipy, statsmodels and scikit-learn."""

import numpy as np
import pytest
from scipy.stats import permutation_test
from sklearn.metrics import roc_auc_score
from statsmodels.stats.multitest import multipletests

from ratings.algorithms.permutation import EXACT_UP_TO, auc, auc_of_pairs, holm, paired_p, smallest_p


def scipys_p(first, second, **given):
    return permutation_test(
        (first, second),
        lambda a, b, axis: (a - b).mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        **given,
    ).pvalue


@pytest.mark.parametrize("n", [2, 5, 9, EXACT_UP_TO])
@pytest.mark.parametrize("shift", [0.0, 0.8])
def test_few_pairs_are_flipped_in_all_ways_as_scipy_does(n, shift):
    rng = np.random.default_rng(n)
    first, second = rng.normal(size=n), rng.normal(shift, size=n)
    assert paired_p(second - first) == pytest.approx(scipys_p(first, second, n_resamples=np.inf))


def test_many_pairs_are_flipped_at_random_near_scipys_value():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=76), rng.normal(0.3, size=76)
    expected = scipys_p(first, second, n_resamples=20_000, rng=np.random.default_rng(2))
    assert paired_p(second - first) == pytest.approx(
        expected, abs=0.006
    )  # 3 standard errors of two drawn values of 0.02


def test_equal_versions_give_one_and_a_shift_of_all_gives_the_least():
    assert paired_p(np.zeros(40)) == 1
    assert paired_p(np.zeros(3)) == paired_p(np.ones(1)) == 1
    for n in (4, EXACT_UP_TO, 30):
        assert paired_p(np.full(n, 0.2)) == pytest.approx(smallest_p(n), rel=0.01 if n > EXACT_UP_TO else 1e-12)


def test_under_no_difference_small_values_are_as_rare_as_they_should_be():
    rng = np.random.default_rng(3)
    found = np.array([paired_p(rng.normal(size=10)) for _ in range(400)])
    assert np.mean(found <= 0.1) == pytest.approx(0.1, abs=0.045)  # 3 standard errors


def test_no_pairs_are_no_test():
    with pytest.raises(ValueError, match="at least one pair"):
        paired_p(np.array([]))


def test_holm_is_statsmodels():
    p = np.array([0.04, 0.001, 0.3, 0.012, 0.012, 0.9])
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_the_area_is_scikit_learns_with_ties():
    rng = np.random.default_rng(4)
    first, second = rng.integers(0, 6, 50).astype(float), rng.integers(1, 8, 70).astype(float)
    assert auc(first, second) == pytest.approx(
        roc_auc_score(np.repeat([0, 1], [50, 70]), np.concatenate([first, second]))
    )


def test_equal_numbers_tell_nothing_and_say_so_without_doubt():
    sizes = np.arange(20.0)
    area = auc_of_pairs(sizes, sizes)
    assert area.value == 0.5
    assert area.bound == pytest.approx(0.5, abs=0.001)


def test_an_interval_holds_the_truth_about_as_often_as_it_says():
    """Normal numbers a distance d apart have the area Phi(d / sqrt 2)."""
    rng, truth = np.random.default_rng(5), 0.6382  # d = 0.5
    held = [
        (area := auc_of_pairs(rng.normal(size=40), rng.normal(0.5, size=40), seed=i)).low <= truth <= area.high
        for i in range(60)
    ]
    assert np.mean(held) >= 0.85
