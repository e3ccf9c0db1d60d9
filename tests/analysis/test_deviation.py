"""Known answers of the paired deviation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.algorithms.deviation import MISSING, NOT_SURE, Arm, paired_deviation


def deviation(*pairs):
    original, deidentified = zip(*pairs, strict=True) if pairs else ((), ())
    return paired_deviation(np.array(original, dtype=int), np.array(deidentified, dtype=int))


def test_four_pairs_by_hand():
    """0-0, 1-2, 3-1, 2-2: deviations 0, -1, +2, 0; mean 1/4; two identical; three within one."""
    result = deviation((0, 0), (1, 2), (3, 1), (2, 2))
    assert result.n_pairs == 4
    assert result.mean == pytest.approx(0.25)
    assert result.identical == pytest.approx(0.5)
    assert result.within_one == pytest.approx(0.75)
    assert result.counts == (0, 0, 0, 1, 2, 0, 1, 0, 0)


def test_the_sign_is_original_minus_deidentified():
    """The published mean of hypomimia, -0.23, says that de-identified faces were scored as more severe."""
    assert deviation((1, 3)).mean == -2


def test_the_published_shares_come_out_of_their_counts():
    """Zhu et al. 2024: speech, n = 120, identical 68%, within one 99%. 82 and 119 of 120 are those shares."""
    result = deviation(*[(2, 2)] * 82, *[(2, 3)] * 37, (0, 2))
    assert round(100 * result.identical) == 68
    assert round(100 * result.within_one) == 99
    assert result.n_pairs == 120


def test_not_sure_and_missing_enter_no_pair_and_are_counted_by_arm():
    result = deviation((1, 1), (NOT_SURE, 4), (4, NOT_SURE), (NOT_SURE, NOT_SURE), (4, MISSING), (MISSING, NOT_SURE))
    assert result.n_pairs == 1
    assert result.mean == 0
    assert result.original == Arm(n_not_sure=2, n_missing=1)
    assert result.deidentified == Arm(n_not_sure=3, n_missing=1)


@pytest.mark.parametrize("pairs", [[], [(NOT_SURE, 3)], [(0, MISSING)]])
def test_without_a_pair_the_result_is_undefined_and_not_zero(pairs):
    result = deviation(*pairs)
    assert (result.n_pairs, result.mean, result.identical, result.within_one) == (0, None, None, None)
    assert sum(result.counts) == 0


@pytest.mark.parametrize("value", [5, -3])
def test_a_value_outside_the_scale_is_refused(value):
    with pytest.raises(ValueError, match="whole numbers from 0 to 4"):
        deviation((value, 1))


def test_lists_of_different_length_are_refused():
    with pytest.raises(ValueError, match="equally long"):
        paired_deviation(np.array([1]), np.array([1, 2]))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1))
def test_swapping_the_arms_turns_the_sign_and_mirrors_the_counts(pairs):
    there, back = deviation(*pairs), deviation(*[(b, a) for a, b in pairs])
    assert there.mean == pytest.approx(-back.mean)
    assert there.counts == back.counts[::-1]
    assert sum(there.counts) == there.n_pairs
    assert there.identical <= there.within_one
