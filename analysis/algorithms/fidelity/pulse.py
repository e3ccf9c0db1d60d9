"""The pulse in the colour of skin: three published estimators, the heart rate, and what a rendition leaves of it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import signal

from analysis.algorithms.fidelity.align import BLOCK, common
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.sampling import even_stretch

Array = NDArray[np.float64]

BAND = (0.7, 2.5)  # Hz, 42 to 150 beats a minute
WINDOW_S = 1.6  # of CHROM and POS
SHORTEST_S = 10.0  # of a heart rate: shorter ones do not resolve it
WINDOWS_S = (10.0, 30.0)
HARMONIC_HZ = 0.2  # half width of the beat and its overtone in the signal-to-noise ratio
FEWEST_FOR_R = 3
UNDEFINED = float("nan")
_EDGE = 1e-6  # Hz: a bin on the band's edge is inside, whatever rounding made of the frame rate
LIMIT = 1.96  # standard deviations, of Bland and Altman's limits of agreement


@dataclass(frozen=True, slots=True)
class HeartRate:
    bpm: float
    snr_db: float  # beat and first overtone over the rest of the band, decibels; below about 0 there is no clear pulse


@dataclass(frozen=True, slots=True)
class Agreement:
    """Heart rates of a rendition against those of the original, beats a minute; NaN where too few."""

    n: int
    mae: float
    rmse: float
    r: float  # Pearson; NaN with fewer than three windows or without spread
    bias: float  # mean of rendition - original
    lower: float  # bias -+ 1.96 sd: Bland and Altman's limits of agreement; NaN with one window
    upper: float


@dataclass(frozen=True, slots=True)
class PulseWindows:
    """All windows of one length, side by side without overlap."""

    seconds: float
    start: Array  # (w,) seconds
    original: Array  # (w,) beats a minute
    rendition: Array
    original_snr_db: Array
    rendition_snr_db: Array
    agreement: Agreement
    spectral_similarity: float  # 0-1, mean over windows: cosine of the two power spectra within the band


def green(rgb: Array, fps: float) -> Array:
    """(n,) the green channel about its mean, band-passed: Verkruysse et al. 2008, "Remote plethysmographic imaging"."""
    _check(rgb, fps)
    return _band_passed(rgb[:, 1] / rgb[:, 1].mean() - 1, fps)


def chrom(rgb: Array, fps: float) -> Array:
    """(n,) pulse by CHROM.

    Windows of 1.6 s that overlap by half: channels over their means, X = 3R - 2G and Y = 1.5R + G - 1.5B, both
    band-passed 0.7-2.5 Hz, X - (sd X / sd Y) Y, Hann, added up.

    Parameters
    ----------
    rgb : (n, 3) mean colour of skin, 0-255
    fps : frames a second, constant

    References
    ----------
    de Haan & Jeanne 2013, "Robust pulse rate from chrominance-based rPPG".
    """
    _check(rgb, fps)
    length = 2 * round(WINDOW_S * fps / 2)
    half, taper = length // 2, signal.windows.hann(length, sym=False)
    padded = np.pad(rgb, ((half, length), (0, 0)), mode="edge")  # the ends lie in as many windows as the middle
    pulse = np.zeros(len(padded))
    for start in range(0, len(padded) - length + 1, half):
        red, green_, blue = (padded[start : start + length] / padded[start : start + length].mean(axis=0)).T
        x, y = _band_passed(3 * red - 2 * green_, fps), _band_passed(1.5 * red + green_ - 1.5 * blue, fps)
        pulse[start : start + length] += taper * (x - _ratio(x, y) * y)
    return pulse[half : half + len(rgb)]


def pos(rgb: Array, fps: float) -> Array:
    """(n,) pulse by POS.

    Windows of 1.6 s, one from every frame: channels over their means, S1 = G - B and S2 = -2R + G + B,
    S1 + (sd S1 / sd S2) S2 about its mean, added up.

    Parameters
    ----------
    rgb : (n, 3) mean colour of skin, 0-255
    fps : frames a second, constant

    References
    ----------
    Wang et al. 2017, "Algorithmic principles of remote PPG".
    """
    _check(rgb, fps)
    length = round(WINDOW_S * fps)
    pulse = np.zeros(len(rgb))
    for start in range(0, len(rgb) - length + 1, BLOCK):
        some = rgb[start : start + BLOCK + length - 1]
        beat = _pos_of_windows(sliding_window_view(some, length, axis=0))
        for offset in range(length):
            pulse[start + offset : start + offset + len(beat)] += beat[:, offset]
    return pulse


def _pos_of_windows(windows: Array) -> Array:
    """(w, length) pulses about their means of (w, 3, length) windows of colour."""
    red, green_, blue = np.moveaxis(windows / windows.mean(axis=2, keepdims=True), 1, 0)
    one, two = green_ - blue, -2 * red + green_ + blue
    spread = two.std(axis=1, keepdims=True)
    share = np.divide(one.std(axis=1, keepdims=True), spread, out=np.zeros_like(spread), where=spread > 0)
    beat: Array = one + share * two
    return beat - beat.mean(axis=1, keepdims=True)


ESTIMATORS: dict[str, Callable[[Array, float], Array]] = {"chrom": chrom, "pos": pos, "green": green}


def heart_rate(pulse: Array, fps: float) -> HeartRate:
    """Heart rate of (n,) pulse signals: highest peak of the spectrum from 42 to 150 beats a minute.

    Raises
    ------
    Unavailable : under 10 s, or nothing moves

    References
    ----------
    Signal-to-noise ratio as de Haan & Jeanne 2013 have it, here +-0.2 Hz around the beat and its first overtone.
    Error: a sine alone 0.1 bpm; skin made up of 30 s 0.3 bpm; phantoms of 10 s (mean colour of decoded skin, pulse 0.8%
    of green) 0.5 bpm; a real still face whose maker states 53 bpm: 53.2 by CHROM, 52.8 by POS and by green.
    """
    if len(pulse) / fps < SHORTEST_S - 0.5 / fps:
        raise Unavailable(f"a heart rate needs {SHORTEST_S:g} s, {len(pulse) / fps:.2f} s were given.")
    rates, power = _spectrum(pulse, fps)
    inside = _inside(rates)
    if not power[inside].max() > 0:
        raise Unavailable("the signal stands still: there is no pulse to count.")
    at = int(np.flatnonzero(inside)[power[inside].argmax()])
    left, middle, right = np.log(power[at - 1 : at + 2] + np.finfo(float).tiny)
    bend = left - 2 * middle + right
    shift = float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
    beat = float(rates[at] + shift * rates[1])
    near = (np.abs(rates - beat) <= HARMONIC_HZ) | (np.abs(rates - 2 * beat) <= HARMONIC_HZ)
    wide = (rates >= BAND[0]) & (rates <= 2 * BAND[1])
    rest = max(float(power[wide & ~near].sum()), np.finfo(float).tiny)
    return HeartRate(60 * beat, float(10 * np.log10(power[wide & near].sum() / rest)))


def video_heart_rate(rgb: Array, times: Array, estimator: str = "pos") -> HeartRate:
    """Heart rate of a video's mean skin colour (n, 3), NaN where none was found; `estimator` one of ESTIMATORS.

    Raises
    ------
    Unavailable : under 10 s without a gap, or no pulse
    """
    stretch = even_stretch(times, rgb, seconds=SHORTEST_S, what="a heart rate")
    return heart_rate(ESTIMATORS[estimator](stretch.values, stretch.fps), stretch.fps)


def compare_pulse(
    original: Array, rendition: Array, times: Array, estimator: str = "pos", seconds: float = WINDOWS_S[0]
) -> PulseWindows:
    """Heart rates and spectra of a rendition against the original's, window by window.

    Parameters
    ----------
    original, rendition : (n, 3) mean colour of the same frames' skin, NaN where none was found
    times : (n,) seconds
    estimator : one of ESTIMATORS
    seconds : length of the windows; 10 and 30 are usual

    Raises
    ------
    Unavailable : less than one window without a gap, or the skin's colour of one stands still

    References
    ----------
    Savic & Zhao, BMVC 2023 (mean absolute and root mean square error, Pearson's r, spectral similarity; which measure
    of similarity is not said: the cosine of power spectra here). A copy gives errors of 0 and a similarity of 1.
    """
    common(original, rendition, what="colours of skin")
    stretch = even_stretch(times, original, rendition, seconds=seconds, what="the pulse")
    fps, estimate = stretch.fps, ESTIMATORS[estimator]
    pulses = [estimate(stretch.values[:, :3], fps), estimate(stretch.values[:, 3:], fps)]
    length = min(round(seconds * fps), len(pulses[0]))
    starts = np.arange(0, len(pulses[0]) - length + 1, length)
    windows = [[pulse[start : start + length] for start in starts] for pulse in pulses]
    mine, theirs = ([heart_rate(window, fps) for window in side] for side in windows)
    rates = [np.array([each.bpm for each in side]) for side in (mine, theirs)]
    return PulseWindows(
        seconds=seconds, start=stretch.start + starts / fps, original=rates[0], rendition=rates[1],
        original_snr_db=np.array([each.snr_db for each in mine]),
        rendition_snr_db=np.array([each.snr_db for each in theirs]),
        agreement=agreement(*rates),
        spectral_similarity=float(np.mean([_similarity(a, b, fps) for a, b in zip(*windows, strict=True)])),
    )  # fmt: skip


def agreement(original: Array, rendition: Array) -> Agreement:
    """Errors and limits of agreement of paired values (n,); pool windows of many videos to one call.

    Raises
    ------
    Unavailable : no pairs, or unequal numbers

    References
    ----------
    Bland & Altman 1986. Windows of one recording are not independent: read the limits as a description.
    """
    if len(original) != len(rendition) or not len(original):
        raise Unavailable(f"pairs of values are needed, got {len(original)} and {len(rendition)}.")
    apart, n = rendition - original, len(original)
    bias = float(apart.mean())
    spread = LIMIT * float(apart.std(ddof=1)) if n > 1 else UNDEFINED
    varies = n >= FEWEST_FOR_R and original.std() > 0 and rendition.std() > 0
    return Agreement(
        n=n, mae=float(np.abs(apart).mean()), rmse=float(np.sqrt((apart**2).mean())),
        r=float(np.corrcoef(original, rendition)[0, 1]) if varies else UNDEFINED,
        bias=bias, lower=bias - spread, upper=bias + spread,
    )  # fmt: skip


def _similarity(one: Array, two: Array, fps: float) -> float:
    rates, first = _spectrum(one, fps)
    inside = _inside(rates)
    first, second = first[inside], _spectrum(two, fps)[1][inside]
    if np.array_equal(first, second):
        return 1.0  # not one rounding less
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def _spectrum(pulse: Array, fps: float) -> tuple[Array, Array]:
    """Rates and power: Hann window, padded to eight times the length."""
    padded = 8 * len(pulse)
    rates: Array = np.fft.rfftfreq(padded, 1 / fps)
    power: Array = np.square(np.abs(np.fft.rfft((pulse - pulse.mean()) * np.hanning(len(pulse)), padded)))
    return rates, power


def _inside(rates: Array) -> NDArray[np.bool_]:
    return (rates >= BAND[0] - _EDGE) & (rates <= BAND[1] + _EDGE)


def _band_passed(values: Array, fps: float) -> Array:
    """0.7-2.5 Hz, Butterworth of order 2 forwards and backwards."""
    sections = signal.butter(2, BAND, "bandpass", fs=fps, output="sos")
    passed: Array = signal.sosfiltfilt(sections, values, padlen=min(15, len(values) - 1))
    return passed


def _ratio(x: Array, y: Array) -> float:
    spread = float(y.std())
    return float(x.std()) / spread if spread > 0 else 0.0


def _check(rgb: Array, fps: float) -> None:
    if fps <= 2 * BAND[1]:
        raise Unavailable(f"a pulse needs over {2 * BAND[1]:g} frames per second, not {fps:g}.")
    if len(rgb) < 2 * WINDOW_S * fps:
        raise Unavailable(f"a pulse needs {2 * WINDOW_S:g} s of skin or more, {len(rgb) / fps:.2f} s were given.")
    if not (rgb.mean(axis=0) > 0).all():
        raise Unavailable("the skin is black in a colour channel: there is no pulse in it.")
