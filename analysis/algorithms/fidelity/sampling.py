"""Signals of a video on an even time grid: the longest stretch without long gaps, at a constant rate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from analysis.algorithms.fidelity.errors import Unavailable

Array = NDArray[np.float64]

MAX_GAP_S = 0.25  # a shorter hole is bridged by a straight line
JITTER = 0.1  # share of the frame interval; times less uneven than this (rounded milliseconds) count as even


@dataclass(frozen=True, slots=True)
class Stretch:
    """Even samples: `values` (m, k) at `fps`, the first at `start` seconds."""

    values: Array
    fps: float
    start: float

    @property
    def seconds(self) -> float:
        return len(self.values) / self.fps


def even_stretch(times: Array, *signals: Array, seconds: float, what: str) -> Stretch:
    """The longest stretch in which all signals are known, with holes of up to 0.25 s bridged.

    Times that are even to a tenth of a frame are taken as they are; others are interpolated by a cubic spline.

    Parameters
    ----------
    times : (n,) seconds, rising
    signals : (n,) or (n, c) each, NaN where nothing was found; their columns are joined
    seconds : least length of the stretch
    what : of what the stretch is needed for, for the message

    Raises
    ------
    Unavailable : lengths differ, or no stretch is long enough
    """
    check_lengths(times, *signals)
    columns = np.concatenate([np.asarray(each, np.float64).reshape(len(times), -1) for each in signals], axis=1)
    known = np.isfinite(columns).all(axis=1) & np.isfinite(times)
    at = np.flatnonzero(known)
    if at.size < 2:
        raise Unavailable(f"{what} needs {seconds:g} s of signal, but only {at.size} of {len(times)} frames have any.")
    first, last = _longest(times[at])
    at = at[first : last + 1]
    interval = float(np.median(np.diff(times[at])))
    length = float(times[at[-1]] - times[at[0]]) + interval
    if length < seconds - 0.5 * interval:
        raise Unavailable(
            f"{what} needs {seconds:g} s of signal without a gap of over {MAX_GAP_S:g} s, the longest stretch is "
            f"{length:.2f} s: use a longer recording."
        )
    return _even(times[at], columns[at], interval)


def check_lengths(times: Array, *signals: Array) -> None:
    """Refuse signals that are not as long as their times.

    Raises
    ------
    Unavailable : they are not
    """
    wrong = [len(each) for each in signals if len(each) != len(times)]
    if wrong:
        raise Unavailable(f"{len(times)} times were given with a signal of {wrong[0]} frames: both must be as many.")


def _longest(times: Array) -> tuple[int, int]:
    """First and last index of the longest run without a gap of over MAX_GAP_S (or two frames of a slow video)."""
    steps = np.diff(times)
    cuts = np.flatnonzero(steps > max(MAX_GAP_S, 2.5 * float(np.median(steps))))
    starts, ends = np.append(0, cuts + 1), np.append(cuts, len(times) - 1)
    longest = int((times[ends] - times[starts]).argmax())
    return int(starts[longest]), int(ends[longest])


def _even(times: Array, columns: Array, interval: float) -> Stretch:
    steps = np.diff(times)
    if np.abs(steps - interval).max() <= JITTER * interval:
        return Stretch(columns, (len(times) - 1) / float(times[-1] - times[0]), float(times[0]))
    grid = times[0] + interval * np.arange(int((times[-1] - times[0]) / interval + 1e-6) + 1)
    if steps.max() > 1.9 * interval:  # holes: a spline would swing through them
        straight = np.column_stack([np.interp(grid, times, column) for column in columns.T])
        return Stretch(straight, 1 / interval, float(times[0]))
    return Stretch(CubicSpline(times, columns)(grid), 1 / interval, float(times[0]))
