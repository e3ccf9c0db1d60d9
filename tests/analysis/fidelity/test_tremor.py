"""Tremor: planted frequency, amplitude, gain and delay come back; scipy by hand; what cannot be computed."""

import numpy as np
import pytest
from scipy import signal

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.headframe import CHIN, LOWER_LIP
from analysis.algorithms.fidelity.tremor import high_passed, tremor, tremor_tracks, tremor_transfer
from faces.mesh import mesh_to_68
from tests.phantoms import make_phantom

FPS = 30.0


def _time(seconds=12.0, fps=FPS):
    return np.arange(round(seconds * fps)) / fps


def _sine(time, hz=5.0, amplitude=2.0, lag=0.0):
    return 300 + amplitude * np.sin(2 * np.pi * hz * (time - lag))


@pytest.mark.parametrize(("hz", "amplitude"), [(4.2, 0.5), (5.0, 2.0), (5.77, 0.1)])
def test_a_sine_comes_back_to_a_hundredth_of_a_hertz_and_a_hundredth_of_its_size(hz, amplitude):
    found = tremor(_sine(_time(), hz, amplitude), _time())
    assert found.frequency == pytest.approx(hz, abs=0.01)
    assert found.amplitude == pytest.approx(amplitude, rel=0.01)
    assert found.band_share > 0.95


def test_planted_tremor_comes_back_from_the_decoded_video(recorded):
    """By patches that optical flow follows: 0.05 Hz, 5% of the amplitude (0.9 pixels of noise-free truth)."""
    told = recorded.truth.spec.tremor_amplitude * recorded.truth.face_height
    for track in (recorded.lip, recorded.chin):
        found = tremor(track, recorded.truth.time)
        assert found.frequency == pytest.approx(5.2, abs=0.05)
        assert found.amplitude == pytest.approx(told, rel=0.05)
        assert found.band_share > 0.9
        assert found.prominence > 100


def test_noise_is_no_tremor():
    """White noise of a tenth of a pixel, as landmarks tremble: no peak stands out, in 100 tracks."""
    rng = np.random.default_rng(9)
    found = [tremor(rng.normal(300, 0.1, 360), _time()).prominence for _ in range(100)]
    assert np.quantile(found, 0.99) < 12
    assert np.median(found) < 8


def test_the_transfer_of_a_faithful_track_is_one_within_five_per_cent(recorded):
    told = recorded.truth.points[:, 18, 1]
    found = tremor_transfer(told, recorded.lip, recorded.truth.time)
    assert found.gain == pytest.approx(1, abs=0.05)
    assert found.phase == pytest.approx(0, abs=3)
    assert found.coherence > 0.99


def test_tremor_in_the_heads_frame_is_free_of_the_head():
    """Lip and jaw tremble at 5 Hz while the head nods at 4.5 Hz: full frames show that, the head's frame does not."""
    truth = make_phantom(size=384, seconds=10, tremor_hz=5.0, tremor_amplitude=0.01, blinks_per_minute=0).truth
    nod = 4.0 * np.sin(2 * np.pi * 4.5 * truth.time)
    tracks = tremor_tracks(mesh_to_68(truth.points) + np.stack([np.zeros_like(nod), nod], axis=1)[:, None])
    told = 0.01 * truth.face_height
    for track in (tracks.lip, tracks.jaw):
        assert tremor(track, truth.time).frequency == pytest.approx(4.5, abs=0.1)
    for track in (tracks.lip_in_head, tracks.jaw_in_head):
        found = tremor(track, truth.time)
        assert found.frequency == pytest.approx(5.0, abs=0.02)
        assert found.amplitude == pytest.approx(told, rel=0.03)
    assert np.array_equal(tracks.lip, (mesh_to_68(truth.points)[:, LOWER_LIP, 1] + nod))
    assert np.array_equal(tracks.jaw, (mesh_to_68(truth.points)[:, CHIN, 1] + nod))


def test_a_copy_is_perfect(recorded):
    found = tremor_transfer(recorded.lip, recorded.lip, recorded.truth.time)
    assert (found.gain, found.phase, found.coherence) == pytest.approx((1, 0, 1), abs=1e-12)
    assert (found.band_deviation, found.band_deviation_db) == (0, 0)


@pytest.mark.parametrize(("gain", "lag"), [(0.25, 0.0), (0.5, 1 / 30), (1.0, 1 / 60), (0.8, -1 / 30)])
def test_planted_gain_and_delay_come_back(gain, lag):
    """A lag of one frame at 5 Hz is 60 degrees. Noise of 0.1 pixel in both tracks."""
    rng, time = np.random.default_rng(4), _time(10)
    original, rendition = _sine(time, 5.0, 1.5), _sine(time, 5.0, 1.5 * gain, lag)
    found = tremor_transfer(*(track + rng.normal(0, 0.1, time.size) for track in (original, rendition)), time)
    assert found.gain == pytest.approx(gain, abs=0.03)
    assert found.phase == pytest.approx(lag * 5 * 360, abs=3)
    assert found.coherence > 0.9
    assert found.band_deviation_db == pytest.approx(20 * np.log10(gain), abs=0.5)


def test_unrelated_noise_has_little_coherence():
    rng, time = np.random.default_rng(5), _time(30)
    found = tremor_transfer(rng.normal(size=time.size), rng.normal(size=time.size), time)
    assert found.n_segments == 29
    assert found.coherence < 0.2


def test_a_rendition_that_stands_still_has_gain_zero():
    found = tremor_transfer(_sine(_time()), np.full(_time().size, 300.0), _time())
    assert (found.gain, found.coherence) == (0, 0)
    assert found.band_deviation < 0


def test_filter_and_spectrogram_are_scipys():
    """Zhu et al. 2024: Butterworth of order 2 at 3 Hz, Tukey 0.25, 8 s; here forwards and backwards."""
    rng, time = np.random.default_rng(6), _time(20)
    track = rng.normal(size=time.size).cumsum()
    b, a = signal.butter(2, 3 / 15, "highpass")
    told = signal.filtfilt(b, a, track)
    np.testing.assert_allclose(high_passed(track, FPS)[30:-30], told[30:-30], rtol=0, atol=1e-9)
    found = tremor(track, time)
    rates, times, power = signal.spectrogram(high_passed(track, FPS), FPS, window=("tukey", 0.25), nperseg=240)
    np.testing.assert_allclose(found.spectrogram, power, rtol=1e-9)
    np.testing.assert_allclose(found.rates, rates, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.times, times, rtol=0, atol=1e-9)


def test_coherence_is_scipys():
    rng, time = np.random.default_rng(7), _time(20)
    one = _sine(time) + rng.normal(size=time.size)
    two = one + rng.normal(size=time.size)
    passed = [high_passed(track, FPS) for track in (one, two)]
    rates, told = signal.coherence(*passed, FPS, nperseg=60)
    weights = signal.welch(passed[0], FPS, nperseg=60)[1]
    band = (rates >= 4) & (rates <= 6)
    found = tremor_transfer(one, two, time)
    assert found.coherence == pytest.approx(np.average(told[band], weights=weights[band]), abs=1e-9)


def test_the_gain_of_a_stated_filter_is_documented_truly():
    time = _time(20)
    passed = [high_passed(_sine(time, hz, 1.0), FPS)[60:-60].std() * np.sqrt(2) for hz in (4, 5, 6)]
    assert passed == pytest.approx([0.78, 0.91, 0.96], abs=0.005)


def test_uneven_times_change_nothing():
    rng = np.random.default_rng(8)
    even = _time(12)
    times = even + rng.uniform(-0.01, 0.01, even.size)
    found = tremor(_sine(times, 5.3, 1.0), times)
    assert found.frequency == pytest.approx(5.3, abs=0.02)
    assert found.amplitude == pytest.approx(1.0, rel=0.05)


def test_what_cannot_be_computed_says_why():
    time = _time(7)
    with pytest.raises(Unavailable, match=r"tremor needs 8 s of signal without a gap of over 0.25 s, .* is 7.00 s"):
        tremor(_sine(time), time)
    with pytest.raises(Unavailable, match="the track stands still"):
        tremor(np.full(360, 300.0), _time())
    with pytest.raises(Unavailable, match="the original stands still at 4-6 Hz"):
        tremor_transfer(np.full(360, 300.0), _sine(_time()), _time())
    slow = _time(12, 12)
    with pytest.raises(Unavailable, match="over 12 frames per second, not 12"):
        tremor(_sine(slow), slow)
    torn = _sine(_time())
    torn[150:170] = np.nan
    with pytest.raises(Unavailable, match=r"the longest stretch is 6.33 s"):
        tremor(torn, _time())
