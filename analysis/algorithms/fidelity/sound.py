"""Whether the sound of a rendition is as loud as the original's, moment by moment: hypophonia is scored on it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.errors import Unavailable

Floats = NDArray[np.float64]

SILENT = 1e-4  # of full scale, -80 dB
FEWEST = 50  # windows: one second
EQUAL = 1e-9
LATE = 25  # windows: sounds that start half a second apart are still laid over each other


@dataclass(frozen=True, slots=True)
class SoundKept:
    """`gain` 0, `r` 1 and `lag` 0 mean untouched."""

    gain: float  # decibels, rendition over original
    r: float  # Pearson, of the loudness in decibels
    lag: float  # seconds, positive when the rendition is late
    seconds: float  # compared


def compare_sound(original: Floats | None, rendition: Floats | None, window_s: float) -> SoundKept:
    """Loudness of a rendition against the original's.

    Parameters
    ----------
    original, rendition : (k,) root mean squares of windows of `window_s` seconds, full scale 1; None without sound

    Raises
    ------
    Unavailable : a side has no sound, is silent, or less than a second is common
    """
    original, rendition = _heard(original, "original"), _heard(rendition, "rendition")
    if min(original.size, rendition.size) < FEWEST:
        raise Unavailable(
            f"the sounds have {min(original.size, rendition.size)} windows in common, {FEWEST} are needed."
        )
    found = [_at(original, rendition, lag) for lag in range(-LATE, LATE + 1)]
    fits = np.nan_to_num([r for r, _ in found], nan=-1.0)
    # Of equal fits the one without a lag: a steady sound fits everywhere.
    best = int(np.argmax(fits)) if fits.max() > fits[LATE] + EQUAL else LATE
    gain = 20 * np.log10(np.sqrt((rendition**2).mean() / (original**2).mean()))
    return SoundKept(float(gain), float(found[best][0]), (best - LATE) * window_s, found[best][1] * window_s)


def _heard(levels: Floats | None, side: str) -> Floats:
    if levels is None:
        raise Unavailable(f"no sound: the {side} has no audio track.")
    if not levels.size or levels.max() < SILENT:
        raise Unavailable(f"silent: the {side}'s sound never reaches {20 * np.log10(SILENT):.0f} dB of full scale.")
    return levels


def _at(original: Floats, rendition: Floats, lag: int) -> tuple[float, int]:
    """r of the loudness with the rendition `lag` windows late, and how many windows are compared."""
    one, two = original[max(-lag, 0) :], rendition[max(lag, 0) :]
    n = min(one.size, two.size)
    one, two = (np.log10(np.maximum(each[:n], SILENT)) for each in (one, two))
    one, two = one - one.mean(), two - two.mean()
    spread = float(np.sqrt((one @ one) * (two @ two)))
    return (float(one @ two) / spread if spread > 0 else float("nan")), n
