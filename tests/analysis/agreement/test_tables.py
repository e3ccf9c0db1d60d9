"""Statistics of a whole item: those of single tables; truths planted in orders, repeats and gaps; coverage."""

import os
from dataclasses import replace

import numpy as np
import pytest

from analysis.algorithms.agreement.between import apart, between
from analysis.algorithms.agreement.chance import ac2, alpha, weighted_kappa
from analysis.algorithms.agreement.intraclass import intraclass
from analysis.algorithms.agreement.item import SIGN, item_agreement
from analysis.algorithms.agreement.order import crossover, drift, first_exposure, repeats, retest_comparison
from analysis.algorithms.agreement.paired import mean_of_patients, paired, patient_means
from analysis.algorithms.agreement.resampling import bootstrap, bootstrap_sums
from analysis.algorithms.agreement.tables import Draw, Tables, over
from analysis.algorithms.agreement.unsure import unsure, worst_cases
from analysis.algorithms.deviation import MISSING, NOT_SURE

SIMULATIONS = int(os.environ.get("BOOTSTRAP_SIMULATIONS", "200"))
TABLES = int(os.environ.get("ORACLE_TABLES", "100"))
FEW = Draw(rounds=100)
NAMES = ("rater-1", "rater-2", "rater-3")


def tables(codes, places=None, sessions=None, patients=None):
    codes = np.asarray(codes)
    nowhere = np.full(codes.shape, np.nan)
    n = codes.shape[2]
    return Tables(
        codes, nowhere if places is None else np.asarray(places, float),
        nowhere if sessions is None else np.asarray(sessions, float), np.arange(n) if patients is None else patients,
        NAMES[: codes.shape[3]],
    )  # fmt: skip


def random_item(rng, n=None, raters=3):
    """Two recordings of some patients, answers not sure and missing, some items with one score throughout."""
    n = n or int(rng.integers(4, 30))
    true = rng.integers(0, 5, n) if rng.random() > 0.1 else np.full(n, 2)
    spread = int(rng.integers(0, 2))
    codes = np.clip(true[None, None, :, None] + rng.integers(-spread, spread + 1, (2, 2, n, raters)), 0, 4)
    codes[rng.random(codes.shape) < 0.08] = NOT_SURE
    codes[rng.random(codes.shape) < 0.08] = MISSING
    return tables(codes, patients=np.sort(rng.integers(0, max(n // 2, 2), n)))


def values(found, **where):
    return {one.statistic: one.value for one in found if all(getattr(one, name) == v for name, v in where.items())}


def same(ours, theirs):
    return (np.isnan(ours) and np.isnan(theirs)) or abs(ours - theirs) < 1e-9


def test_statistics_of_sums_are_those_of_single_tables():
    """Which other programs confirm in test_agreement.py: kappa, AC2, alpha and intraclass correlation, to 1e-9."""
    rng = np.random.default_rng(5)
    for _ in range(TABLES):
        one = random_item(rng)
        pairs = np.stack([one.scores(0).ravel(), one.scores(1).ravel()], axis=1)
        found = values(paired(one, FEW))
        assert same(found["kappa"], weighted_kappa(pairs, 5))
        assert same(found["ac2"], ac2(pairs[~np.isnan(pairs).any(axis=1)], 5))
        for version, arm in enumerate(("original", "de-identified")):
            scores, raters = one.scores(version), values(between(one, FEW), arm=arm)
            assert same(raters["alpha"], alpha(scores, 5))
            assert same(raters["ac2_raters"], ac2(scores, 5))
            theirs = intraclass(scores)
            assert same(raters["icc_single"], theirs.single)
            assert same(raters["icc_average"], theirs.average)


def test_draws_of_sums_are_draws_of_patients():
    """The same statistic by both ways has nearly the same interval; the draws themselves differ."""
    rng = np.random.default_rng(0)
    patients, noise = np.repeat(np.arange(40), 3), rng.normal(0, 1, 120)
    (one,) = bootstrap(lambda rows: np.array([noise[rows].mean()]), patients, rounds=4000)
    sums = np.stack([np.full(40, 3.0), noise.reshape(40, 3).sum(axis=1)], axis=1)
    (two,) = bootstrap_sums(lambda sums: over(sums[..., 1:], sums[..., :1]), sums, rounds=4000)
    assert one.value == pytest.approx(two.value)
    assert (one.low, one.high) == pytest.approx((two.low, two.high), abs=0.02)


def test_intervals_over_patients_cover_what_they_say():
    """Two recordings of each of 76 patients by three raters: mean deviation and its share within one, against the mean
    of very many such studies. 93 to 97% at full size (BOOTSTRAP_SIMULATIONS=4000); fewer leave room for chance."""
    truth = values(paired(study(0, n=20_000), Draw(rounds=1)))
    room = 3 * (0.95 * 0.05 / SIMULATIONS) ** 0.5
    held = dict.fromkeys(("mean_deviation", "identical", "kappa", "ac2"), 0)
    for number in range(1, SIMULATIONS + 1):
        for one in paired(study(number), Draw(rounds=400, seed=number)):
            if one.statistic in held:
                held[one.statistic] += one.low <= truth[one.statistic] <= one.high
    for name, n in held.items():
        assert min(0.93, 0.945 - room) <= n / SIMULATIONS <= max(0.97, 0.955 + room), (name, n / SIMULATIONS)


def study(seed, n=76):
    rng = np.random.default_rng(seed)
    severity, shift = np.repeat(rng.uniform(0.6, 3.4, n), 2), np.repeat(rng.normal(0.1, 0.3, n), 2)
    seen = severity[None, :, None] + rng.normal(0, 0.5, (2, 2 * n, 3)) - np.stack([0 * shift, shift])[:, :, None]
    codes = np.full((2, 2, 2 * n, 3), MISSING)
    codes[:, 0] = np.clip(np.round(seen), 0, 4)
    return tables(codes, patients=np.repeat(np.arange(n), 2))


def crossed(period=0, sequence=0, n=40):
    """Every deviation is +1; half of the pairs show the original first. The second look adds `period`."""
    codes = np.full((2, 2, n, 2), MISSING)
    codes[0, 0], codes[1, 0] = 2, 1
    first = np.zeros((n, 2), bool)
    first[::2] = True
    codes[1, 0][first] += period
    codes[0, 0][~first] += period
    codes[:, 0][:, first] += sequence
    places = np.full(codes.shape, np.nan)
    places[0, 0] = np.where(first, 1, 2)
    places[1, 0] = np.where(first, 2, 1)
    return tables(codes, places)


def test_period_and_sequence_are_told_from_the_deviation():
    found = values(crossover(crossed(period=1), FEW))
    assert found == pytest.approx({"adjusted_deviation": 1, "period_effect": -1, "sequence_effect": 0})
    found = values(crossover(crossed(sequence=1), FEW))
    assert found == pytest.approx({"adjusted_deviation": 1, "period_effect": 0, "sequence_effect": 1})
    assert values(crossover(crossed(), FEW))["adjusted_deviation"] == 1


def test_first_exposures_alone_do_not_see_what_the_second_look_does():
    assert values(first_exposure(crossed(period=1), FEW)) == {"first_exposure": 1}
    again = crossed()
    codes = again.codes.copy()
    codes[0, 0][1::2] = 4  # the original where it was seen second
    assert values(first_exposure(replace(again, codes=codes), FEW)) == {"first_exposure": 1}


def test_repeats_are_compared_with_pairs_at_the_same_lag_only():
    """Repeats lie one session apart and differ by 1; pairs of that lag by 2, pairs of another lag by 0."""
    n = 30
    codes = np.full((2, 2, n, 1), 2)
    codes[:, 1] = 3
    codes[1, 0, : n // 2] = 4
    sessions = np.zeros(codes.shape)
    sessions[:, 1] = 1
    sessions[1, 0, : n // 2], sessions[1, 1, : n // 2] = 1, 2
    sessions[1, 0, n // 2 :], sessions[1, 1, n // 2 :] = 5, 6
    one = tables(codes, np.zeros(codes.shape), sessions)
    found, told = retest_comparison(one, FEW)
    assert values(found) == {"retest_distance": 1, "version_distance": 2, "excess_distance": 1}
    assert (told["n_repeats"], told["n_pairs"], told["sessions"]) == (2 * n, n // 2, [1])
    by_arm = values(repeats(one, FEW), arm="original")
    assert (by_arm["retest_mean_deviation"], by_arm["retest_within_one"]) == (-1, 1)


def test_the_distance_of_raters_and_their_drift_are_found():
    n = 60
    codes = np.full((2, 2, n, 2), MISSING)
    codes[:, 0, :, 0] = 1
    codes[:, 0, :, 1] = np.where(np.arange(n) < n // 2, 1, 2)  # the second rater goes up by 1 in the second half
    places = np.full(codes.shape, np.nan)
    places[:, 0] = np.arange(1, n + 1)[:, None]
    one = tables(codes, places)
    pair = values(apart(one, FEW), arm="original")
    assert pair == {"rater_difference": -0.5, "rater_distance": 0.5, "rater_identical": 0.5}
    slopes = {each.rater: each.value for each in drift(one, FEW)}
    assert slopes["rater-2"] == pytest.approx(-slopes["rater-1"])
    assert slopes["rater-2"] == pytest.approx(np.polyfit(np.arange(1, n + 1) / 100, np.arange(n) >= n // 2, 1)[0])


def test_not_sure_is_told_by_version_and_bounded_at_worst():
    """Ten patients, one rater: 1 on both sides, two originals not sure and one of the others."""
    codes = np.full((2, 2, 10, 1), 1)
    codes[:, 1] = MISSING
    codes[0, 0, :2], codes[1, 0, 2] = NOT_SURE, NOT_SURE
    one = tables(codes)
    found = values(unsure(one, FEW))
    assert found == pytest.approx({"not_sure_original": 0.2, "not_sure_deidentified": 0.1, "not_sure_difference": -0.1})
    down, up = worst_cases(one)
    assert down.tolist() == [-1, -1, -3, *[0] * 7], "0 for the original, 4 for the other"
    assert up.tolist() == [3, 3, 1, *[0] * 7]


def test_each_patient_counts_once():
    """One patient with four recordings that deviate by 1, one with a single that does not."""
    codes = np.full((2, 2, 5, 1), MISSING)
    codes[0, 0], codes[1, 0] = 2, [[1], [1], [1], [1], [2]]
    one = tables(codes, patients=np.array([0, 0, 0, 0, 1]))
    means, middles, n = patient_means(one)
    assert (means.tolist(), middles.tolist(), n.tolist()) == ([1, 0], [1.5, 2], [4, 1])
    assert values(mean_of_patients(means, FEW)) == {"mean_of_patients": 0.5}
    assert values(paired(one, FEW))["mean_deviation"] == 0.8


def test_patients_with_the_sign_stand_apart():
    codes = np.zeros((2, 2, 20, 2), int)
    codes[:, 1] = MISSING
    codes[0, 0, :4], codes[1, 0, :3] = 2, 1
    found = item_agreement(tables(codes), margin=0.5, alpha=0.05, draw=FEW)
    whole, some = values(found.rows, group="all", rater=""), values(found.rows, group=SIGN)
    assert (whole["identical"], some["identical"]) == (0.8, 0)
    assert some["mean_deviation"] == 1.25


@pytest.mark.parametrize(("code", "told"), [(NOT_SURE, "all_not_sure"), (MISSING, "no_answer")])
def test_an_item_without_a_score_has_no_number_and_says_so(code, told):
    found = item_agreement(tables(np.full((2, 2, 6, 2), code)), margin=0.5, alpha=0.05, draw=FEW)
    assert found.gaps[0].what == told
    assert all(np.isnan(one.value) for one in found.rows if not one.statistic.startswith(("not_sure", "worst")))
    assert not found.points


def test_a_rater_who_gave_nothing_leaves_the_others_as_they_are():
    rng = np.random.default_rng(3)
    one = random_item(rng, n=20)
    codes = one.codes.copy()
    codes[..., 2] = MISSING
    silent = item_agreement(replace(one, codes=codes), margin=0.5, alpha=0.05, draw=FEW)
    two = item_agreement(one.of_raters([0, 1]), margin=0.5, alpha=0.05, draw=FEW)
    assert (silent.gaps[0].what, silent.gaps[0].rater) == ("silent_rater", "rater-3")
    for name in ("kappa", "alpha", "mean_deviation", "not_sure_difference"):
        assert same(values(silent.rows, rater="")[name], values(two.rows, rater="")[name])
