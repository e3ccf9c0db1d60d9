"""The published study's statistics out of a study of its shape, and published examples of kappa and AC1."""

import numpy as np
import pytest

from analysis.algorithms.agreement.chance import ac2, weighted_kappa
from analysis.algorithms.agreement.holm import holm
from analysis.algorithms.agreement.item import item_agreement
from analysis.algorithms.agreement.tables import Draw
from tests.analysis.agreement.published import PUBLISHED, made

FEW = Draw(rounds=200)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_statistics_come_out_of_a_study_of_that_shape(name):
    told = PUBLISHED[name]
    found = item_agreement(made(told), margin=0.5, alpha=0.05, draw=FEW)
    rows = {(row.statistic, row.arm, row.rater, row.group): row for row in found.rows}
    mean = rows["mean_deviation", "", "", "all"]
    assert (mean.n, round(mean.value, 2)) == (told.n_pairs, told.mean)
    assert round(100 * rows["within_one", "", "", "all"].value) == told.within_one
    if told.identical is not None:
        assert round(100 * rows["identical", "", "", "all"].value) == told.identical
    pairs = [("rater-1 – rater-2"), ("rater-1 – rater-3"), ("rater-2 – rater-3")]
    apart = [abs(rows["rater_difference", "original", pair, "all"].value) for pair in pairs]
    assert apart == pytest.approx(told.apart, abs=0.05), "0.77 and 0.44 cannot make 1.10 over the same recordings"
    not_sure = rows["not_sure_original", "", "", "all"]
    assert not_sure.value == pytest.approx(1 - told.n_pairs / 228)
    assert found.equivalence.equivalent, "0.23 points and less lie within half a point"


def two_by_two(both, first, second, neither):
    return np.array([(1, 1)] * both + [(1, 0)] * first + [(0, 1)] * second + [(0, 0)] * neither, np.float64)


@pytest.mark.parametrize(("table", "kappa"), [((40, 9, 6, 45), 0.70), ((80, 10, 5, 5), 0.32)])
def test_the_paradox_of_kappa(table, kappa):
    """Feinstein & Cicchetti 1990, J Clin Epidemiol 43:543: 85% agree in both tables. Two levels need no weights."""
    assert weighted_kappa(two_by_two(*table), 2) == pytest.approx(kappa, abs=5e-3)


def test_gwets_example_where_kappa_is_negative_and_ac1_is_high():
    """Gwet 2002, "Kappa statistic is not satisfactory for assessing the extent of agreement between raters", table 1:
    118, 5, 2, 0 of 125; kappa -0.0234, AC1 0.9408."""
    table = two_by_two(118, 5, 2, 0)
    assert weighted_kappa(table, 2) == pytest.approx(-0.0234, abs=5e-5)
    assert ac2(table, 2) == pytest.approx(0.9408, abs=5e-5)


def test_holm_by_hand():
    """Holm 1979: the smallest times 3, the next times 2, the last once, never falling; no test, no p."""
    assert holm(np.array([0.04, np.nan, 0.01, 0.03])) == pytest.approx([0.06, np.nan, 0.03, 0.06], nan_ok=True)
    assert holm(np.array([0.6, 0.9])) == pytest.approx([1, 1])
