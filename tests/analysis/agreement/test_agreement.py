"""Measures of agreement: published examples, and other people's implementations on random tables."""

import os

import krippendorff
import numpy as np
import pandas as pd
import pingouin
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.weightstats import ttost_paired

from analysis.algorithms.agreement.chance import ac2, alpha, weighted_kappa
from analysis.algorithms.agreement.equivalence import equivalence, limits_of_agreement
from analysis.algorithms.agreement.intraclass import intraclass, intraclass_of, intraclass_sums
from analysis.algorithms.agreement.resampling import bootstrap

LEVELS = 5
TABLES = int(os.environ.get("ORACLE_TABLES", "100"))
SIMULATIONS = int(os.environ.get("BOOTSTRAP_SIMULATIONS", "200"))
NAN = float("nan")
# Shrout & Fleiss 1979, Psychological Bulletin 86:420, table 2: six targets, four judges.
SHROUT_FLEISS = np.array(
    [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)], np.float64
)
# Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, C: twelve units, four observers, values 1 to 5.
KRIPPENDORFF = np.array(
    [
        (1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN),
        (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3),
        (NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN),
        (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN),
    ]
).T


def random_tables():
    """Scores of raters who agree more or less, some with one score throughout, some missing."""
    rng = np.random.default_rng(0)
    for number in range(TABLES):
        shape = rng.integers(4, 30), rng.integers(2, 6)
        steady = rng.integers(0, LEVELS, (shape[0], 1)) if number % 10 else np.full((shape[0], 1), 2)
        table = np.clip(steady + rng.integers(-1, 2, shape) * (number % 20 > 0), 0, LEVELS - 1).astype(np.float64)
        holes = table.copy()
        holes[rng.random(shape) < 0.15] = np.nan
        yield table, holes


def same(ours: float, theirs: float) -> bool:
    return (np.isnan(ours) and np.isnan(theirs)) or abs(ours - theirs) < 1e-9


def test_the_published_example_of_intraclass_correlation():
    found = intraclass(SHROUT_FLEISS)
    assert (round(found.single, 2), round(found.average, 2)) == (0.29, 0.62)
    assert [round(each, 2) for each in found.single_interval] == [0.02, 0.76]
    assert (found.n, found.raters) == (6, 4)


def test_the_published_example_of_alpha():
    assert alpha(KRIPPENDORFF - 1, LEVELS) == pytest.approx(0.815, abs=5e-4)


def test_kappa_and_alpha_are_those_of_other_programs():
    for table, holes in random_tables():
        theirs = cohen_kappa_score(table[:, 0], table[:, 1], labels=range(LEVELS), weights="quadratic")
        assert same(weighted_kappa(table[:, :2], LEVELS), theirs)
        if len(np.unique(holes[~np.isnan(holes)])) > 1:
            reliability = krippendorff.alpha(
                reliability_data=holes.T, value_domain=range(LEVELS), level_of_measurement="ordinal"
            )
            assert same(alpha(holes, LEVELS), reliability)


def test_intraclass_correlation_is_that_of_another_program():
    for table, _ in random_tables():
        if np.ptp(table) == 0 or len(table) < 5:
            continue
        long = pd.DataFrame(
            [(row, rater, score) for (row, rater), score in np.ndenumerate(table)], columns=["row", "rater", "score"]
        )
        theirs = pingouin.intraclass_corr(long, "row", "rater", "score").set_index("Type")
        ours = intraclass(table)
        assert same(ours.single, theirs.loc["ICC(A,1)", "ICC"])
        assert same(ours.average, theirs.loc["ICC(A,k)", "ICC"])
        if np.isfinite(ours.single_interval[0]):  # pingouin rounds intervals
            assert ours.single_interval == pytest.approx(theirs.loc["ICC(A,1)", "CI95"], abs=0.0051)
            assert ours.average_interval == pytest.approx(theirs.loc["ICC(A,k)", "CI95"], abs=0.0051)


def test_ac2_by_hand():
    """Two subjects, two raters, scores 0 to 2: (0, 0) and (1, 2).

    Agreement: (1 + 0.75) / 2. Frequencies 1/2, 1/4, 1/4; sum of weights 3 + 4 * 0.75 = 6; by chance
    6 / (3 * 2) * (1/4 + 3/16 + 3/16) = 0.625.
    """
    assert ac2(np.array([(0, 0), (1, 2)], np.float64), 3) == pytest.approx((0.875 - 0.625) / 0.375)


def test_ac2_stays_where_kappa_falls_because_one_score_is_frequent():
    rare = np.array([(0, 0)] * 48 + [(0, 1), (1, 0)], np.float64)
    assert weighted_kappa(rare, LEVELS) < 0
    assert ac2(rare, LEVELS) > 0.99


@pytest.mark.parametrize("scores", [[(2, 2)] * 5, [(2, NAN)] * 5, [(NAN, NAN)] * 3])
def test_where_nothing_varies_or_nothing_is_there_measures_have_no_value(scores):
    table = np.array(scores, np.float64)
    assert np.isnan(weighted_kappa(table, LEVELS))
    assert np.isnan(alpha(table, LEVELS))
    found = intraclass(table)
    assert np.isnan([found.single, found.average, *found.single_interval]).all()


@pytest.mark.parametrize("scores", [[(2, 2, 3), (3, 1, 3), (3, 3, 2), (1, 3, 2)], [(4, 4, 2), (4, 4, 3), (3, 3, 4)]])
def test_a_mean_of_raters_without_variance_has_no_correlation(scores):
    """By hand: between subjects 2/9, raters 1/12, residual 35/36 of the first: 2/9 + (1/12 - 35/36) / 4 is nothing, and
    what floating point leaves of it must not divide."""
    table = np.array(scores, np.float64)
    assert np.isnan(intraclass(table).average)
    assert np.isnan(intraclass_of(intraclass_sums(table).sum(axis=0))[1])


@pytest.mark.parametrize(
    ("scores", "told"),
    [([1.0, 2.0], "subjects by raters"), ([[1.5, 2]], "got 1.5"), ([[5, 1]], "from 0 to 4, got 5")],
)
def test_what_is_no_table_of_scores_is_refused(scores, told):
    with pytest.raises(ValueError, match=told):
        ac2(np.array(scores), LEVELS)


def test_kappa_of_three_columns_is_refused():
    with pytest.raises(ValueError, match=r"two columns, got a table of shape \(2, 3\)"):
        weighted_kappa(np.zeros((2, 3)), LEVELS)


def test_equivalence_is_that_of_other_programs():
    rng = np.random.default_rng(1)
    for _ in range(TABLES):
        one, two = rng.normal(0, 1, (2, rng.integers(5, 60)))
        ours = equivalence(one - two, 0.4)
        assert same(ours.p, ttost_paired(one, two, -0.4, 0.4)[0])
        assert same(ours.p, float(pingouin.tost(one, two, 0.4, paired=True)["pval"].iloc[0]))
        inside = ours.interval[0] > -0.4 and ours.interval[1] < 0.4
        assert ours.equivalent == inside, "the interval of 1 - 2 alpha says the same"


def test_limits_hold_nineteen_of_twenty_differences():
    differences = stats.norm.ppf((np.arange(2000) + 0.5) / 2000, 0.2, 0.5)
    found = limits_of_agreement(differences)
    assert (found.bias, found.sd) == (pytest.approx(0.2), pytest.approx(0.5, rel=1e-2))
    assert np.mean((differences > found.lower) & (differences < found.upper)) == pytest.approx(0.95, abs=2e-3)
    half = stats.t.ppf(0.975, 1999) * found.sd / 2000**0.5
    assert found.bias_interval == pytest.approx((found.bias - half, found.bias + half))


def test_one_difference_has_a_mean_and_no_limits():
    found = limits_of_agreement(np.array([0.5, NAN]))
    assert (found.n, found.bias) == (1, 0.5)
    assert np.isnan(found.lower)
    assert equivalence(np.array([0.5]), 1.0).equivalent is None


def test_differences_that_are_all_the_same_need_no_test():
    assert equivalence(np.full(5, 0.25), 0.5).equivalent is True
    assert equivalence(np.full(5, 0.5), 0.5).equivalent is False


@pytest.mark.parametrize("margin", [0, -1, NAN])
def test_a_margin_that_is_none_is_refused(margin):
    with pytest.raises(ValueError, match="what difference would not matter"):
        equivalence(np.array([0.1, 0.2]), margin)


def test_intervals_over_patients_cover_what_they_say():
    """Five ratings of each patient, alike: single ratings drawn for themselves would cover far less."""
    rng = np.random.default_rng(2)
    patients, covered, naive = np.repeat(np.arange(60), 5), 0, 0
    for number in range(SIMULATIONS):
        values = rng.normal(0, 1, 60)[patients] + rng.normal(0, 0.3, 300)

        def mean(rows, values=values):
            return np.array([values[rows].mean()])

        (found,) = bootstrap(mean, patients, rounds=400, seed=number)
        covered += found.low <= 0 <= found.high
        (single,) = bootstrap(mean, np.arange(300), rounds=400, seed=number)
        naive += single.low <= 0 <= single.high
    assert 0.91 < covered / SIMULATIONS < 0.98
    assert naive / SIMULATIONS < 0.8


def test_the_same_seed_gives_the_same_interval_and_one_patient_none():
    values = np.arange(10.0)

    def mean(rows):
        return values[rows].mean()

    patients = np.arange(10) // 2
    assert bootstrap(mean, patients, rounds=50, seed=3) == bootstrap(mean, patients, rounds=50, seed=3)
    (one,) = bootstrap(mean, np.zeros(10, int), rounds=50)
    assert one.value == 4.5
    assert np.isnan([one.low, one.high]).all()


def test_a_statistic_that_mostly_has_no_value_has_no_interval():
    def lucky(rows):
        return np.array([1.0 if 0 in rows else NAN])

    (found,) = bootstrap(lucky, np.arange(10), rounds=200)
    assert found.value == 1
    assert found.n_undefined > 20
    assert np.isnan(found.low)
