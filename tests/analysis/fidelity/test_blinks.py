"""Blinks: planted ones come back, matches by hand, squints and gaps."""

import numpy as np
import pytest

from analysis.algorithms.fidelity.blinks import (
    PUBLISHED_THRESHOLD,
    THRESHOLDS,
    compare_blinks,
    find_blinks,
    mean_ear,
    personal_threshold,
)
from analysis.algorithms.fidelity.errors import Unavailable
from tests.phantoms import make_phantom

FPS = 30.0


def _ear(closed, n=300, open_=0.3, shut=0.1):
    """Eye aspect ratio that is shut from one frame to another (both included), and its times."""
    ear = np.full(n, open_)
    for first, last in closed:
        ear[first : last + 1] = shut
    return ear, np.arange(n) / FPS


def _middles(blinks):
    return (blinks.start + blinks.end) / 2


def test_planted_blinks_come_back_from_the_true_ratio():
    """Lids open more slowly than they close: the middle of the closed time is up to 30 ms after the deepest point."""
    truth = make_phantom(seconds=60, blinks_per_minute=22, seed=2).truth
    found = find_blinks(mean_ear(truth.ear), truth.time)
    told = np.array([blink.middle for blink in truth.blinks])
    assert found.count == len(told) == 22
    assert found.per_minute == pytest.approx(22, abs=0.1)
    assert (_middles(found) - told) == pytest.approx(0.015, abs=0.015)
    lengths = np.array([blink.end - blink.start for blink in truth.blinks])
    assert found.end - found.start == pytest.approx(0.68 * lengths, abs=0.02)


def test_planted_blinks_come_back_from_dlibs_points_in_the_decoded_video(recorded):
    truth = recorded.truth
    found = find_blinks(mean_ear(recorded.ear), truth.time)
    told = find_blinks(mean_ear(truth.ear), truth.time)
    assert found.count == told.count == 5
    assert _middles(found) == pytest.approx(_middles(told), abs=0.03)
    assert found.mean_duration == pytest.approx(told.mean_duration, abs=0.06)


def test_a_copy_is_perfect_at_every_threshold_with_blinks(recorded):
    ear = mean_ear(recorded.ear)
    result = compare_blinks(ear, ear, recorded.truth.time)
    assert [match.threshold for match in result.curve] == list(THRESHOLDS)
    assert (THRESHOLDS[0], THRESHOLDS[-1]) == (0.05, 0.3)
    seen = [match for match in result.curve if match.n_original]
    assert seen
    assert {(match.precision, match.recall) for match in seen} == {(1.0, 1.0)}
    assert (result.personal.precision, result.personal.recall) == (1, 1)
    assert (result.ear_deviation, result.ear_bias, result.ear_r) == (0, 0, pytest.approx(1))


def test_precision_and_recall_by_hand():
    """Four blinks in the original; the rendition keeps two of them, one late but overlapping, and invents one."""
    original, times = _ear([(20, 25), (80, 85), (140, 145), (200, 205)])
    rendition, _ = _ear([(20, 25), (84, 89), (250, 255)])
    match = compare_blinks(original, rendition, times).published
    assert (match.threshold, match.n_original, match.n_rendition) == (PUBLISHED_THRESHOLD, 4, 3)
    assert match.precision == pytest.approx(2 / 3)
    assert match.recall == pytest.approx(2 / 4)


def test_the_length_of_a_run_is_read_between_frames():
    """From 0.3 to 0.1 the line crosses 0.2 half way: six shut frames and two halves are 6/30 s; 0.15 takes less."""
    ear, times = _ear([(20, 25)])
    found = find_blinks(ear, times, 0.2)
    assert (found.start[0], found.end[0]) == pytest.approx((19.5 / FPS, 25.5 / FPS))
    narrower = find_blinks(ear, times, 0.15)
    assert narrower.mean_duration == pytest.approx((5 + 2 * 0.25) / FPS)


def test_runs_under_60_and_over_700_ms_are_no_blinks():
    ear, times = _ear([(20, 20), (60, 62), (100, 119), (160, 190)])
    assert find_blinks(ear, times, 0.2).start == pytest.approx([59.5 / FPS, 99.5 / FPS])


def test_jitter_does_not_part_a_blink_in_two():
    ear, times = _ear([(20, 27)])
    ear[24] = 0.21
    assert find_blinks(ear, times, 0.2).count == 1


def test_runs_at_the_ends_and_beside_missing_eyes_are_not_counted_and_not_observed():
    ear, times = _ear([(0, 4), (60, 66), (100, 106), (295, 299)])
    ear[62] = np.nan
    found = find_blinks(ear, times, 0.2)
    assert found.start == pytest.approx([99.5 / FPS])
    assert found.observed == pytest.approx(299 / FPS)


def test_halved_closure_costs_recall_at_low_thresholds_only(recorded):
    """The lids of a rendition that closes half as far: seen by the personal threshold or not, the deviation tells."""
    ear = mean_ear(recorded.truth.ear)
    half = ear.max() + 0.5 * (ear - ear.max())
    result = compare_blinks(ear, half, recorded.truth.time)
    wide, shut = float(np.median(ear)), ear.min()
    # Between where these lids close and where they would close by half, and between that and open.
    ends = (shut + (wide - shut) / 4, shut + 3 * (wide - shut) / 4)
    low, high = (min(result.curve, key=lambda match: abs(match.threshold - at)) for at in ends)
    assert low.n_original == high.n_original == 5
    assert low.recall == 0
    assert high.recall == 1
    assert result.ear_bias == pytest.approx(0.5 * (ear.max() - ear.mean()))
    assert result.ear_r == pytest.approx(1)


def test_a_squinting_patient_is_told_at_the_threshold():
    ear, times = _ear([(20, 25)], open_=0.22)
    result = compare_blinks(ear, ear, times)
    assert result.published.squinting
    assert not min(result.curve, key=lambda match: match.threshold).squinting
    assert personal_threshold(ear) < 0.22
    assert (result.original.count, result.personal.recall) == (1, 1)


def test_without_blinks_precision_and_recall_are_undefined():
    ear, times = _ear([])
    result = compare_blinks(ear, ear, times)
    undefined = (result.published.precision, result.published.recall, result.original.mean_duration, result.ear_r)
    assert np.isnan(undefined).all()


def test_too_few_eyes_and_unequal_lengths_are_said():
    ear, times = _ear([(20, 25)])
    with pytest.raises(Unavailable, match="no face in the rendition: eyes were found in none of its 300"):
        compare_blinks(ear, np.full_like(ear, np.nan), times)
    with pytest.raises(Unavailable, match="eyes in 20 frames or more, they were found in 0"):
        find_blinks(np.full_like(ear, np.nan), times)
    with pytest.raises(Unavailable, match="different frame counts: the original has 300 frames, the other 299"):
        compare_blinks(ear, ear[:-1], times)
