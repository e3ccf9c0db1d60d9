"""Which items a method keeps enough for: what the rule says of intervals, and of what is not known."""

import pytest

from analysis.algorithms.fidelity.fitness import ITEMS, Criterion, Verdict, criteria, fits, judged
from analysis.algorithms.fidelity.intervals import Mean

GAIN = Criterion("Gain", "gain", 0.8, 1.25)


def mean(low: float, high: float, people: int = 9) -> Mean:
    return Mean((low + high) / 2, low, high, people, people)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (mean(0.85, 1.2), Verdict.KEPT),
        (mean(0.8, 1.25), Verdict.KEPT),
        (mean(0.5, 0.79), Verdict.LOST),
        (mean(1.3, 1.9), Verdict.LOST),
        (mean(0.7, 0.9), Verdict.OPEN),
        (mean(0.7, 1.4), Verdict.OPEN),
        (mean(0.9, 1.0, people=4), Verdict.UNKNOWN),
        (Mean(float("nan"), float("nan"), float("nan"), 0, 0), Verdict.UNKNOWN),
        (None, Verdict.UNKNOWN),
    ],
)
def test_a_criterion_is_judged_by_its_whole_interval(found, verdict):
    assert judged(GAIN, found) == verdict


def perfect(**but):
    """Means of a method that keeps everything: the middle of limits, 1 where there is no upper one."""
    good = {one.path: mean(max(one.low, -1) + 0.01, min(one.high, 1.2) - 0.01) for one in criteria()}
    return good | but


def verdicts(means):
    return {fit.item.number: fit.verdict for fit in fits(means)}


def test_a_method_that_keeps_everything_is_fit_for_every_item():
    assert set(verdicts(perfect()).values()) == {Verdict.KEPT}
    assert len(verdicts(perfect())) == len(ITEMS)


def test_one_lost_sign_loses_its_item_and_no_other():
    found = verdicts(perfect(**{"metrics.blinks.personal.recall": mean(0.1, 0.3)}))
    assert [number for number, verdict in found.items() if verdict != Verdict.KEPT] == ["3.2"]
    assert found["3.2"] == Verdict.LOST


def test_what_was_not_measured_is_unknown_and_a_lost_sign_outweighs_it():
    missing = perfect(**{"metrics.lips.added.share": None})
    assert verdicts(missing)["3.2"] == Verdict.UNKNOWN
    assert verdicts(missing | {"between.r_cca": mean(0.2, 0.4)})["3.2"] == Verdict.LOST
    assert set(verdicts({}).values()) == {Verdict.UNKNOWN}


def test_limits_are_told_in_signs():
    assert GAIN.limits == "0.8 – 1.25"
    assert Criterion("a", "a", low=0.97).limits == "≥ 0.97"
    assert Criterion("a", "a", high=3).limits == "≤ 3"
