"""What chance alone gives, and where a value lies between chance and the noise ceiling.

Courses of motion are autocorrelated: two that have nothing to do with each other still correlate, the more the shorter
they are. So every correlation stands between a null and the ceiling, which is the original against its own re-encoding.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.align import Chosen, Track, common
from analysis.algorithms.fidelity.dynamics import Dynamics, dynamics, of_known
from analysis.algorithms.fidelity.errors import Unavailable

Floats = NDArray[np.float64]

SHIFT_S = 2.0  # a shorter shift leaves much of the true correlation
N_SHIFTS = 16
CORRELATIONS = ("r_x", "r_y", "r_cca")
LEAST_ROOM = 0.05  # between null and ceiling; in less there is nothing to tell apart


@dataclass(frozen=True, slots=True)
class Null:
    """Correlations that chance gives: the mean over `n` shifts or videos, and the highest."""

    n: int
    mean: Mapping[str, float]
    highest: Mapping[str, float]


def shifts(n_frames: int, fps: float, number: int = N_SHIFTS) -> NDArray[np.int_]:
    """Shifts in frames, spread evenly from 2 s to the length less 2 s.

    Raises
    ------
    Unavailable : the video is shorter than 4 s
    """
    least = int(np.ceil(SHIFT_S * fps))
    if fps <= 0 or n_frames < 2 * least:
        raise Unavailable(
            f"too short for a shift of {SHIFT_S:g} s both ways: {2 * least} common frames at {fps:.4g} per second are "
            f"needed, {n_frames} were given."
        )
    return np.unique(np.linspace(least, n_frames - least, number).round().astype(int))


def shift_null(original: Track, rendition: Track, fps: float, floor: Floats | None = None) -> Null:
    """Dynamics against the rendition shifted in time, its end put before its beginning.

    Parameters
    ----------
    original, rendition : (n, 68, 2), as in `dynamics`; frames common to both are taken as one course

    Raises
    ------
    Unavailable : as `dynamics`, or the common frames last less than 4 s
    """
    frames = np.flatnonzero(common(original, rendition))
    one = Chosen(original, frames)
    return _null(of_known(one, Chosen(rendition, np.roll(frames, by)), floor) for by in shifts(len(one), fps))


def stranger_null(original: Track, others: Iterable[Track], floor: Floats | None = None) -> Null:
    """Dynamics against other people's videos, each over the frames that both have.

    Raises
    ------
    Unavailable : no other video has 20 frames in common with a moving face
    """
    found, refused = [], []
    for other in others:
        both = np.arange(min(len(original), len(other)))
        try:
            found.append(dynamics(Chosen(original, both), Chosen(other, both), floor))
        except Unavailable as reason:
            refused.append(str(reason))
    if not found:
        raise Unavailable(f"no other person's video to compare with: {refused[0] if refused else 'none was given.'}")
    return _null(found)


def _null(found: Iterable[Dynamics]) -> Null:
    values = [[getattr(each, name) for name in CORRELATIONS] for each in found]
    mean, highest = np.nanmean(values, axis=0), np.nanmax(values, axis=0)
    return Null(
        len(values),
        dict(zip(CORRELATIONS, mean.tolist(), strict=True)),
        dict(zip(CORRELATIONS, highest.tolist(), strict=True)),
    )


def between(value: float, null: float, ceiling: float) -> float:
    """(value - null) / (ceiling - null): 0 is chance, 1 is as good as the original's own re-encoding.

    Raises
    ------
    Unavailable : the ceiling does not stand out from chance, or one of the three is not known
    """
    if not all(np.isfinite((value, null, ceiling))):
        raise Unavailable(f"value {value:.3g}, null {null:.3g} and ceiling {ceiling:.3g} must all be known.")
    if ceiling - null < LEAST_ROOM:
        raise Unavailable(
            f"the ceiling, {ceiling:.3f}, does not stand {LEAST_ROOM:g} above chance, {null:.3f}: this recording "
            "cannot tell a good rendition from a bad one."
        )
    return float((value - null) / (ceiling - null))
