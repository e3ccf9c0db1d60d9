"""Pulse: planted rates come back, a real face's stated rate, formulas by hand, scipy and statsmodels as oracles."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW
from statsmodels.tools.eval_measures import meanabs, rmse

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.pulse import (
    ESTIMATORS,
    agreement,
    chrom,
    compare_pulse,
    heart_rate,
    pos,
    video_heart_rate,
)
from faces.dlib_backend import landmarks68
from tests.analysis.fidelity.measuring import cheek_colours
from tests.data_files import data_video
from videoio.read import read_frames

FPS = 30.0
SKIN, BLOOD = np.array([170.0, 130.0, 110.0]), np.array([0.33, 0.77, 0.53]) / 0.77
EACH = sorted(ESTIMATORS)


def _skin(bpm=72.0, seconds=60.0, strength=0.008, noise=0.05, motion=0.0, seed=1, fps=FPS):
    """(n, 3) colours with a pulse, noise in levels, and light that changes as a share; and times."""
    rng, time = np.random.default_rng(seed), np.arange(round(seconds * fps)) / fps
    beat = strength * np.sin(2 * np.pi * bpm / 60 * time)
    light = 1 + motion * np.sin(2 * np.pi * 1.9 * time + 1)
    rgb = SKIN * (1 + beat[:, None] * BLOOD) * light[:, None]
    return rgb + rng.normal(0, noise, rgb.shape), time


@pytest.mark.parametrize("estimator", EACH)
def test_the_real_face_beats_as_its_maker_says(estimator):
    """C_evm_face_53bpm.mp4: 53 beats a minute by its maker; 52.7 by others' CHROM, POS and green."""
    frames = (frame for frame in read_frames(data_video("C_evm_face_53bpm.mp4")))
    first = next(read_frames(data_video("C_evm_face_53bpm.mp4"))).rgb
    times: list[float] = []

    def pictures():
        for frame in frames:
            times.append(frame.time)
            yield frame.rgb

    rgb = cheek_colours(pictures(), landmarks68(first))
    found = video_heart_rate(rgb, np.array(times), estimator)
    assert 52 < found.bpm < 54
    assert found.snr_db > 9


@pytest.mark.parametrize("estimator", EACH)
def test_the_planted_pulse_comes_back_from_the_decoded_video(recorded, estimator):
    found = video_heart_rate(recorded.skin, recorded.truth.time, estimator)
    assert found.bpm == pytest.approx(83, abs=1)
    assert found.snr_db > 3


@pytest.mark.parametrize("estimator", EACH)
@pytest.mark.parametrize("bpm", [46.0, 72.4, 139.0])
def test_rates_over_the_whole_range_come_back(estimator, bpm):
    assert video_heart_rate(*_skin(bpm, 30), estimator).bpm == pytest.approx(bpm, abs=0.3)


@pytest.mark.parametrize("estimator", ["chrom", "pos"])
def test_changing_light_deceives_green_but_not_colour_differences(estimator):
    """Light that flickers three times as strongly as the pulse, at 114 a minute."""
    rgb, times = _skin(66, 30, motion=0.024)
    assert video_heart_rate(rgb, times, "green").bpm == pytest.approx(114, abs=1)
    assert video_heart_rate(rgb, times, estimator).bpm == pytest.approx(66, abs=0.5)


def test_a_sine_is_read_to_a_tenth_of_a_beat():
    time = np.arange(300) / FPS
    for bpm in (50.3, 77.7, 120.0):
        assert heart_rate(np.sin(2 * np.pi * bpm / 60 * time), FPS).bpm == pytest.approx(bpm, abs=0.1)


def test_pos_by_hand_on_one_window():
    """One window of 1.6 s (16 frames at 10 fps) on 32 frames, added up naively from the formula's own words."""
    rng = np.random.default_rng(3)
    rgb = SKIN + rng.normal(0, 1, (32, 3))
    told = np.zeros(32)
    for start in range(32 - 16 + 1):
        red, green, blue = (rgb[start : start + 16] / rgb[start : start + 16].mean(axis=0)).T
        one, two = green - blue, green + blue - 2 * red
        beat = one + one.std() / two.std() * two
        told[start : start + 16] += beat - beat.mean()
    np.testing.assert_allclose(pos(rgb, 10.0), told, rtol=0, atol=1e-12)


def test_chrom_takes_light_out_exactly():
    """Equal relative changes of all channels make X and Y proportional: X - (sd X / sd Y) Y is zero."""
    time = np.arange(300) / FPS
    light = 1 + 0.05 * np.sin(2 * np.pi * 1.2 * time)
    assert np.abs(chrom(SKIN * light[:, None], FPS)).max() < 1e-9
    assert np.abs(chrom(_skin(72, 10)[0], FPS)).max() > 1e-3


def test_a_copy_is_perfect(recorded):
    result = compare_pulse(recorded.skin, recorded.skin, recorded.truth.time)
    assert (result.agreement.mae, result.agreement.rmse, result.agreement.bias) == (0, 0, 0)
    assert result.spectral_similarity == 1
    assert result.agreement.n == 1
    assert np.isnan((result.agreement.r, result.agreement.lower, result.agreement.upper)).all()


@pytest.mark.parametrize(("seconds", "windows"), [(10.0, 6), (30.0, 2)])
def test_windows_lie_side_by_side(seconds, windows):
    rgb, times = _skin(64, 60)
    result = compare_pulse(rgb, rgb, times, seconds=seconds)
    assert result.start == pytest.approx(seconds * np.arange(windows))
    assert result.original == pytest.approx(np.full(windows, 64), abs=0.5)


def test_another_pulse_is_told_by_error_bias_and_spectrum():
    one, times = _skin(64, 60, seed=1)
    two, _ = _skin(90, 60, seed=2)
    result = compare_pulse(one, two, times)
    assert result.agreement.mae == pytest.approx(26, abs=0.5)
    assert result.agreement.bias == pytest.approx(26, abs=0.5)
    assert result.spectral_similarity < 0.1


def test_a_rendition_without_a_pulse_has_a_poor_signal():
    one, times = _skin(64, 30)
    none, _ = _skin(64, 30, strength=0, seed=9)
    result = compare_pulse(one, none, times)
    assert result.original_snr_db.min() > 5
    assert result.rendition_snr_db.max() < 0
    assert result.spectral_similarity < 0.6


def test_errors_and_limits_of_agreement_by_hand():
    """Differences 1, -1, 3: mean 1, sd 2, limits 1 -+ 1.96 * 2; Bland & Altman 1986."""
    found = agreement(np.array([60.0, 70, 80]), np.array([61.0, 69, 83]))
    assert (found.mae, found.bias) == pytest.approx((5 / 3, 1))
    assert found.rmse == pytest.approx(np.sqrt(11 / 3))
    assert (found.lower, found.upper) == pytest.approx((1 - 3.92, 1 + 3.92))


def test_agreement_equals_scipy_and_statsmodels():
    rng = np.random.default_rng(5)
    for _ in range(50):
        one = rng.uniform(50, 110, rng.integers(3, 40))
        two = one + rng.normal(1, 3, one.size)
        found, told = agreement(one, two), DescrStatsW(two - one, ddof=1)
        assert found.r == pytest.approx(stats.pearsonr(one, two).statistic, abs=1e-9)
        assert found.mae == pytest.approx(meanabs(one, two), abs=1e-9)
        assert found.rmse == pytest.approx(rmse(one, two), abs=1e-9)
        assert found.upper - found.bias == pytest.approx(1.96 * told.std, abs=1e-9)


def test_variable_frame_rates_and_short_holes_are_bridged():
    rgb, times = _skin(70, 30)
    uneven = times + np.random.default_rng(2).uniform(-0.012, 0.012, times.size)
    beat = 0.008 * np.sin(2 * np.pi * 70 / 60 * uneven)
    assert video_heart_rate(SKIN * (1 + beat[:, None] * BLOOD), uneven).bpm == pytest.approx(70, abs=0.3)
    rgb[100:104] = np.nan
    assert video_heart_rate(rgb, times).bpm == pytest.approx(70, abs=0.3)


def test_what_cannot_be_computed_says_why():
    rgb, times = _skin(70, 9)
    with pytest.raises(Unavailable, match="a heart rate needs 10 s"):
        video_heart_rate(rgb, times)
    with pytest.raises(Unavailable, match="stands still"):
        video_heart_rate(np.tile(SKIN, (400, 1)), np.arange(400) / FPS)
    with pytest.raises(Unavailable, match="black in a colour channel"):
        video_heart_rate(np.zeros((400, 3)), np.arange(400) / FPS)
    rgb, times = _skin(70, 20)
    with pytest.raises(Unavailable, match="the pulse needs 30 s"):
        compare_pulse(rgb, rgb, times, seconds=30)
    with pytest.raises(Unavailable, match="pairs of values"):
        agreement(np.ones(3), np.ones(2))


def test_pos_does_not_know_where_its_blocks_begin():
    """What POS gives at a moment comes from 1.6 s around it, wherever the video begins."""
    rgb = 100 + np.random.default_rng(1).normal(0, 1, (1300, 3))
    assert pos(rgb[300:], 30)[48:] == pytest.approx(pos(rgb, 30)[348:], abs=1e-12)
