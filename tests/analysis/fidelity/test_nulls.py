"""What chance gives, and values between chance and the ceiling."""

import numpy as np
import pytest

from analysis.algorithms.fidelity.dynamics import dynamics
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.nulls import between, shift_null, shifts, stranger_null
from tests.analysis.fidelity.faces68 import walk


def test_shifts_stay_two_seconds_away_from_the_truth_on_both_sides():
    found = shifts(300, 30, 5)
    assert found.tolist() == [60, 105, 150, 195, 240]
    with pytest.raises(Unavailable, match="120 common frames at 30 per second are needed, 119"):
        shifts(119, 30)


def test_chance_is_high_for_autocorrelated_courses():
    """Two independent AR(0.97) pairs have a canonical correlation of 0.48 at 300 frames (FACTS, section 8)."""
    found = dynamics(walk(300, 1), walk(300, 2))
    assert found.r_cca == pytest.approx(0.48, abs=0.03)


def test_another_persons_video_gives_the_null():
    """What has nothing to do with the original lies where shifting in time says that chance lies."""
    original, other = walk(600, 1), walk(600, 2)
    value, null = dynamics(original, other), shift_null(original, other, 30)
    for name in ("r_x", "r_y", "r_cca"):
        assert getattr(value, name) == pytest.approx(null.mean[name], abs=0.05)
    assert between(value.r_cca, null.mean["r_cca"], 0.95) == pytest.approx(0, abs=0.1)


def test_shifting_an_identical_copy_gives_chance_not_1():
    original = walk(600, 1)
    null = shift_null(original, original, 30)
    assert dynamics(original, original).r_cca == pytest.approx(1)
    assert null.mean["r_cca"] < 0.6
    assert null.n == 16


def test_the_null_of_other_people_takes_what_they_have_in_common():
    original = walk(300, 1)
    found = stranger_null(original, [walk(200, 2), walk(400, 3), walk(10, 4)])
    assert found.n == 2
    alone = [dynamics(original[:200], walk(200, 2)).r_x, dynamics(original, walk(400, 3)[:300]).r_x]
    assert found.mean["r_x"] == pytest.approx(np.mean(alone))
    assert found.highest["r_x"] == pytest.approx(max(alone))
    with pytest.raises(Unavailable, match=r"no other person's video .* none was given"):
        stranger_null(original, [])


def test_between_chance_and_ceiling_by_hand():
    """0.8 between 0.4 and 0.9 is 0.4 of 0.5."""
    assert between(0.8, 0.4, 0.9) == pytest.approx(0.8)
    assert between(0.4, 0.4, 0.9) == 0
    with pytest.raises(Unavailable, match=r"the ceiling, 0\.430, does not stand 0\.05 above chance, 0\.400"):
        between(0.41, 0.4, 0.43)
    with pytest.raises(Unavailable, match="must all be known"):
        between(float("nan"), 0.4, 0.9)


def test_frames_without_a_face_are_left_out_before_shifting():
    original, rendition = walk(700, 1), walk(700, 2)
    missing = [3, 200, 201, 511, 512, 690]
    holed = rendition.copy()
    holed[missing] = np.nan
    found = shift_null(original, holed, 30)
    alone = shift_null(*(np.delete(each, missing, axis=0) for each in (original, rendition)), 30)
    assert found.mean == pytest.approx(alone.mean, abs=1e-12)
    assert found.highest == pytest.approx(alone.highest, abs=1e-12)
