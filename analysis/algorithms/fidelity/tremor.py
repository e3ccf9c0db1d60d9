"""Lip and jaw tremor: how fast and large it is, and how a rendition passes it on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from analysis.algorithms.fidelity.align import common
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.headframe import CHIN, LOWER_LIP, head_relative
from analysis.algorithms.fidelity.sampling import even_stretch

Array = NDArray[np.float64]

BAND = (4.0, 6.0)  # Hz, of Parkinsonian rest tremor
HIGH_PASS_HZ, ORDER = 3.0, 2
WINDOW, SEGMENT_S = ("tukey", 0.25), 8.0
DRAWN_EVERY_S = 0.5  # segments of a spectrogram that is looked at
TRANSFER_SEGMENT_S = 2.0  # several segments within 8 s, or coherence would be 1 whatever the tracks
STILL = 1e-9  # share of a track's power in the band below which it does not move there
_EVEN = 1e-12
_EDGE = 1e-6  # Hz: a bin on the band's edge is inside, whatever rounding made of the frame rate


@dataclass(frozen=True, slots=True)
class Tremor:
    """One track's rhythm. Pixels are those of the track."""

    frequency: float  # Hz, highest peak of the band
    amplitude: float  # pixels, middle to peak, at that frequency; mean over the video
    band_power: float  # pixels^2: variance within 4-6 Hz
    band_share: float  # of the variance above 3 Hz, 0-1
    prominence: (
        float  # highest density of the band over the median above 3 Hz; noise reaches about 10, a tremor hundreds
    )
    spectrogram: Array  # (f, s) pixels^2/Hz
    rates: Array  # (f,) Hz
    times: Array  # (s,) seconds, middle of each segment


@dataclass(frozen=True, slots=True)
class TremorTransfer:
    """How a rendition passes a tremor on. `gain` 1 and `phase` 0 mean untouched."""

    gain: float  # rendition amplitude / original amplitude
    phase: float  # degrees, positive when the rendition lags
    coherence: float  # 0-1, mean over the band, weighted by the original's power
    band_deviation: float  # pixels^2/Hz, mean over band and time of rendition - original spectrogram
    band_deviation_db: float  # the same as a ratio of the means, decibels
    n_segments: int  # behind the coherence; two unrelated tracks reach about 1 / n_segments


@dataclass(frozen=True, slots=True)
class TremorTracks:
    """Vertical positions (n,) in pixels, downwards, NaN where no face was found."""

    lip: Array  # middle of the inner lower lip, full frame
    jaw: Array  # tip of the chin, full frame
    lip_in_head: Array  # the same without the head's motion
    jaw_in_head: Array


def tremor_tracks(points: Array) -> TremorTracks:
    """The four tracks of (n, 68, 2) landmarks in pixels of the full frame."""
    lip, jaw = head_relative(points).only(LOWER_LIP, CHIN)[..., 1].T
    return TremorTracks(points[:, LOWER_LIP, 1], points[:, CHIN, 1], lip, jaw)


def high_passed(track: Array, fps: float) -> Array:
    """(m, ...) tracks without what is slower than 3 Hz: Butterworth of order 2, forwards and backwards, so no delay.

    At 30 frames a second it passes 0.78 / 0.91 / 0.96 of the amplitude at 4 / 5 / 6 Hz; `tremor` gives amplitudes as
    they were before.
    """
    if fps <= 2 * BAND[1]:
        raise Unavailable(
            f"a tremor of up to {BAND[1]:g} Hz needs over {2 * BAND[1]:g} frames per second, not {fps:g}."
        )
    sections = signal.butter(ORDER, HIGH_PASS_HZ, "highpass", fs=fps, output="sos")
    passed: Array = signal.sosfiltfilt(sections, track, axis=0)
    return passed


def tremor(track: Array, times: Array, band: tuple[float, float] = BAND) -> Tremor:
    """Frequency, amplitude and power of a rhythmic movement.

    Parameters
    ----------
    track : (n,) vertical position, pixels, NaN where nothing was found
    times : (n,) seconds
    band : Hz, lower and upper edge

    Raises
    ------
    Unavailable : lengths differ; less than 8 s without a gap; too few frames a second; or the track stands still

    References
    ----------
    Zhu et al., Scientific Reports 2024: inner lower lip, Butterworth of order 2 at 3 Hz, Tukey window 0.25, segments of
    8 s, 4-6 Hz. Which pass the filter made is not said: without delay here.
    Error: a sine alone 0.01 Hz and 1%. Phantoms (384 pixels, amplitude 0.8-2% of the face height, decoded video), by
    patches that optical flow follows 0.01 Hz and 3%; by dlib's points with optical flow 0.01 Hz, jaw 1%, lip 5-30% too
    small. At 256 pixels and 1% (1.3 pixels) they give 0.6-0.7 of it, and dlib alone, which rounds to pixels, 0.1-0.3.
    """
    stretch = even_stretch(times, track, seconds=SEGMENT_S, what="tremor")
    values, fps = stretch.values[:, 0], stretch.fps
    passed = high_passed(values, fps)
    rates, starts, power = _spectrogram(passed, fps)
    inside = _inside(rates, band)
    mean = power.mean(axis=1)
    step = float(rates[1])
    band_power, whole = float(mean[inside].sum()) * step, float(mean[rates >= HIGH_PASS_HZ].sum()) * step
    if band_power <= _still_power(values):
        raise Unavailable(
            f"the track stands still: a variance of {band_power:.3g} pixels^2 at {band[0]:g}-{band[1]:g} Hz."
        )
    frequency = _peak(passed, fps, band)
    return Tremor(
        frequency=frequency, amplitude=_amplitude(values, fps, frequency), band_power=band_power,
        band_share=band_power / whole,
        prominence=float(mean[inside].max() / np.median(mean[rates >= HIGH_PASS_HZ])),
        spectrogram=power, rates=rates, times=starts + stretch.start,
    )  # fmt: skip


def fine_spectrogram(track: Array, times: Array) -> tuple[Array, Array, Array]:
    """Rates (f,) Hz, times (s,) seconds and density (f, s), pixels^2/Hz: the published segments, one every half second,
    so that a picture of them has something to show in a short recording.

    Parameters and exceptions as for `tremor`; a track that stands still has a density of 0.
    """
    stretch = even_stretch(times, track, seconds=SEGMENT_S, what="tremor")
    passed = high_passed(stretch.values[:, 0], stretch.fps)
    length = min(round(SEGMENT_S * stretch.fps), len(passed))
    step = min(round(DRAWN_EVERY_S * stretch.fps), length)
    rates, middles, power = signal.spectrogram(
        passed, stretch.fps, window=WINDOW, nperseg=length, noverlap=length - step
    )
    return rates, middles + stretch.start, power


def tremor_transfer(
    original: Array, rendition: Array, times: Array, band: tuple[float, float] = BAND
) -> TremorTransfer:
    """Gain, phase and coherence of a rhythmic movement between two tracks of the same landmark.

    The transfer is the cross spectrum over the original's spectrum, both summed over the band (Hann segments of 2 s,
    half overlapping). Noise in the original makes the gain smaller: by the share of its power that is noise.

    Parameters
    ----------
    original, rendition : (n,) vertical position of the same frames, pixels, NaN where nothing was found
    times : (n,) seconds
    band : Hz, lower and upper edge

    Raises
    ------
    Unavailable : as for `tremor`, of the original; a rendition that stands still has gain 0

    References
    ----------
    Zhu et al., Scientific Reports 2024, for the spectrogram whose mean deviation is `band_deviation`.
    Error: planted gains of 0.25-1 and delays of up to a frame on sines of 1.5 pixels with 0.1 pixel of noise: gain
    0.03, phase 3 degrees; a copy gives 1, 0 and 1.
    """
    common(original, rendition, what="landmarks")
    stretch = even_stretch(times, original, rendition, seconds=SEGMENT_S, what="tremor")
    fps = stretch.fps
    passed = high_passed(stretch.values, fps)
    one, two = passed.T
    length = round(TRANSFER_SEGMENT_S * fps)
    rates, own = signal.welch(one, fps, nperseg=length)
    inside = _inside(rates, band)
    if own[inside].sum() * rates[1] <= _still_power(stretch.values[:, 0]):
        raise Unavailable(f"the original stands still at {band[0]:g}-{band[1]:g} Hz: there is no tremor to pass on.")
    other = signal.welch(two, fps, nperseg=length)[1]
    if other[inside].sum() * rates[1] <= _still_power(stretch.values[:, 1]):
        two, other = np.zeros_like(two), np.zeros_like(other)  # what rounding left is coherent with anything
    cross = signal.csd(one, two, fps, nperseg=length)[1]
    transfer = cross[inside].sum() / own[inside].sum()
    coherence = np.abs(cross[inside]) ** 2 / np.maximum(own[inside] * other[inside], np.finfo(float).tiny)
    deviation, decibels = _deviation(one, two, fps, band)
    return TremorTransfer(
        gain=float(np.abs(transfer)), phase=float(-np.degrees(np.angle(transfer))),
        coherence=float(np.average(coherence, weights=own[inside])),
        band_deviation=deviation, band_deviation_db=decibels,
        n_segments=(len(one) - length // 2) // (length - length // 2),
    )  # fmt: skip


def _deviation(one: Array, two: Array, fps: float, band: tuple[float, float]) -> tuple[float, float]:
    rates, _, original = _spectrogram(one, fps)
    inside = _inside(rates, band)
    mine = float(original[inside].mean())
    theirs = float(_spectrogram(two, fps)[2][inside].mean())
    return theirs - mine, float(10 * np.log10(max(theirs, _EVEN * mine) / mine))


def _spectrogram(passed: Array, fps: float) -> tuple[Array, Array, Array]:
    """Rates (f,), times (s,) and density (f, s): segments of 8 s that overlap by an eighth, scipy's default."""
    length = min(round(SEGMENT_S * fps), len(passed))
    rates, times, power = signal.spectrogram(passed, fps, window=WINDOW, nperseg=length)
    return rates, times, power


def _inside(rates: Array, band: tuple[float, float]) -> NDArray[np.bool_]:
    return (rates >= band[0] - _EDGE) & (rates <= band[1] + _EDGE)


def _still_power(values: Array) -> float:
    """Variance that rounding alone may show."""
    return STILL * float(values.var()) + _EVEN


def _peak(passed: Array, fps: float, band: tuple[float, float]) -> float:
    """Frequency of the highest peak in the band: Hann window, parabola through the logarithm of three bins."""
    padded = 8 * len(passed)
    spectrum = np.abs(np.fft.rfft(passed * np.hanning(len(passed)), padded))
    rates = np.fft.rfftfreq(padded, 1 / fps)
    at = int(np.flatnonzero(_inside(rates, band))[spectrum[_inside(rates, band)].argmax()])
    left, middle, right = np.log(spectrum[at - 1 : at + 2] + np.finfo(float).tiny)
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return float(np.clip(rates[at] + np.clip(shift, -1, 1) * rates[1], *band))


def _amplitude(values: Array, fps: float, hz: float) -> float:
    """Amplitude of the sine of that rate in the unfiltered track, beside a drift of cosines of up to 1 Hz."""
    time = np.arange(len(values)) / fps
    wave = 2 * np.pi * hz * time
    # The cosines are the first rows of a cosine transform, so they are taken out of all three without being made: as a
    # matrix they would grow with the square of the length.
    rates = fft.dct(np.column_stack([np.sin(wave), np.cos(wave), values]), norm="ortho", axis=0)[_n_slow(time) :]
    fitted = np.linalg.lstsq(rates[:, :2], rates[:, 2], rcond=None)[0]
    return float(np.hypot(*fitted))


def _n_slow(time: Array) -> int:
    """Cosines of up to 1 Hz over the length of the track, the constant among them."""
    return 1 + int(2 * time[-1])
