"""Bang's index: answers that were published."""

import pytest

from analysis.algorithms.blinding import bang_index

# Guesses of one arm (correct, wrong, not known), index, and the interval at a level.
PUBLISHED = [
    # Bang, Ni, Davis 2004, CRISP trial, lovastatin and placebo: intervals at 90%, to two digits.
    ((82, 25, 170), 0.21, (0.15, 0.26), 0.90, 0.005),
    ((29, 27, 83), 0.01, (-0.07, 0.10), 0.90, 0.005),
    # Output of BlindingIndex.jl (after the authors' R package BI) for [48 22; 4 30; 330 319], to three digits.
    ((48, 4, 330), 0.115, (0.080, 0.150), 0.95, 0.0006),
    ((30, 22, 319), 0.022, (-0.016, 0.060), 0.95, 0.0006),
]


@pytest.mark.parametrize(("given", "index", "interval", "level", "digits"), PUBLISHED)
def test_the_published_answers_come_out(given, index, interval, level, digits):
    correct, wrong, unknown = given
    found = bang_index(correct=correct, wrong=wrong, unknown=unknown, level=level)
    assert found.index == pytest.approx(index, abs=digits)
    assert (found.low, found.high) == pytest.approx(interval, abs=digits)


def test_guessing_by_chance_is_zero_and_nobody_who_knows_neither_tells_nor_errs():
    assert bang_index(correct=10, wrong=10, unknown=0).index == 0
    unknown = bang_index(correct=0, wrong=0, unknown=7)
    assert (unknown.index, unknown.low, unknown.high) == (0, 0, 0)


def test_an_arm_that_is_always_told_is_one_and_always_mistaken_minus_one():
    assert bang_index(correct=9, wrong=0, unknown=0).index == 1
    assert bang_index(correct=0, wrong=9, unknown=0).index == -1
    assert bang_index(correct=9, wrong=1, unknown=0).high == 1, "no interval leaves the scale"


def test_without_an_answer_there_is_no_index_and_nonsense_is_refused():
    assert bang_index(correct=0, wrong=0, unknown=0).index is None
    with pytest.raises(ValueError, match="negative"):
        bang_index(correct=-1, wrong=0, unknown=0)
    with pytest.raises(ValueError, match="level"):
        bang_index(correct=1, wrong=0, unknown=0, level=95)
