"""Loudness over time: planted gain and lag come back; silence has its name."""

import numpy as np
import pytest

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.sound import compare_sound
from tests.videoio.making import make_video
from videoio.loudness import WINDOW_S, loudness

SYLLABLES = 0.05 + 0.2 * np.random.default_rng(1).uniform(0, 1, 300)


def test_half_the_amplitude_is_6_decibels_less_and_fits_wholly():
    found = compare_sound(SYLLABLES, 0.5 * SYLLABLES, 0.02)
    assert found.gain == pytest.approx(-6.0206, abs=1e-3)
    assert (found.r, found.lag, found.seconds) == (pytest.approx(1), 0, 6)


def test_a_late_sound_is_found_late():
    late = np.concatenate([np.full(7, 1e-3), SYLLABLES])
    assert compare_sound(SYLLABLES, late, 0.02).lag == pytest.approx(0.14)
    assert compare_sound(late, SYLLABLES, 0.02).lag == pytest.approx(-0.14)


def test_silence_and_missing_sound_are_named():
    with pytest.raises(Unavailable, match="silent: the rendition's sound never reaches -80 dB"):
        compare_sound(SYLLABLES, np.full(300, 1e-6), 0.02)
    with pytest.raises(Unavailable, match="no sound: the original has no audio track"):
        compare_sound(None, SYLLABLES, 0.02)
    with pytest.raises(Unavailable, match="49 windows in common, 50 are needed"):
        compare_sound(SYLLABLES, SYLLABLES[:49], 0.02)


def test_a_tone_of_a_tenth_of_full_scale_has_its_loudness(tmp_path):
    """The root mean square of a sine is its amplitude over the root of two."""
    levels = loudness(make_video(tmp_path / "a.mkv", sound=("flac", 0.0, 2.0)))
    assert levels.size == pytest.approx(2.0 / WINDOW_S, abs=2)
    assert np.median(levels) == pytest.approx(3277 / 32768 / np.sqrt(2), rel=0.01)
    assert loudness(make_video(tmp_path / "b.mp4")) is None
