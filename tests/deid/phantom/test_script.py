"""Time courses: what the wishes become."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from deid.algorithms.phantom.script import blink_profile, write_script
from deid.algorithms.phantom.spec import PhantomSpec

TALK = PhantomSpec(task="speech", seconds=6)
SMILE = PhantomSpec(task="facial_expression", seconds=6)


@pytest.mark.parametrize(("grade", "factor"), [(0, 1.0), (1, 0.775), (2, 0.55), (3, 0.325), (4, 0.1)])
def test_hypomimia_scales_expression_and_speech_by_its_factor(grade, factor):
    """The factor is 1 - 0.225 * hypomimia, by definition."""
    full, masked = write_script(SMILE), write_script(replace(SMILE, hypomimia=grade))
    assert full.smile.max() > 0.7
    np.testing.assert_allclose(masked.smile, factor * full.smile, atol=1e-12)
    np.testing.assert_allclose(masked.brow, factor * full.brow, atol=1e-12)
    full, masked = write_script(TALK), write_script(replace(TALK, hypomimia=grade))
    assert full.speech.max() > 0.03
    np.testing.assert_allclose(masked.speech, factor * full.speech, atol=1e-12)


def test_the_tremor_has_the_wanted_rate_and_amplitude_and_never_closes_the_lips_beyond_closed():
    script = write_script(PhantomSpec(tremor_hz=5, tremor_amplitude=0.02, fps=100))
    assert np.abs(script.tremor).max() == pytest.approx(0.02, rel=0.01)
    np.testing.assert_allclose(script.tremor, 0.02 * np.sin(script.tremor_phase), atol=1e-12)
    steps = np.diff(np.unwrap(script.tremor_phase)) * 100 / (2 * np.pi)
    np.testing.assert_allclose(steps, 5)
    assert script.jaw.min() >= 0


def test_blinks_last_150_to_300_ms_close_fully_and_faster_than_they_open():
    blinks = write_script(PhantomSpec(seconds=60, blinks_per_minute=20)).blinks
    assert len(blinks) == 20
    for blink in blinks:
        assert 0.15 <= blink.end - blink.start <= 0.3
        assert blink.middle - blink.start < blink.end - blink.middle
        assert blink_profile(np.array([blink.start, blink.middle, blink.end]), blink) == pytest.approx(
            [0, 1, 0], abs=1e-9
        )
    assert min(b.start - a.end for a, b in pairwise(blinks)) > 0


def test_wanted_blink_times_are_kept():
    script = write_script(PhantomSpec(blink_times=(0.5, 2.0)))
    assert [blink.middle for blink in script.blinks] == [0.5, 2.0]
    assert script.closure[15].max() > 0.9
    assert script.closure[30].max() == 0


def test_the_pulse_has_the_wanted_rate_and_fundamental():
    script = write_script(PhantomSpec(pulse_bpm=60, pulse_amplitude=0.01, seconds=10))
    spectrum = np.abs(np.fft.rfft(script.pulse)) / len(script.pulse) * 2
    assert spectrum[10] == pytest.approx(0.01, rel=1e-6)  # 10 beats in 10 s


def test_changing_one_aspect_leaves_the_others():
    one, other = write_script(TALK), write_script(replace(TALK, blinks_per_minute=40, pulse_bpm=90, sway=0))
    np.testing.assert_array_equal(one.jaw, other.jaw)
    other = write_script(replace(TALK, seed=1))
    assert not np.array_equal(one.jaw, other.jaw)
