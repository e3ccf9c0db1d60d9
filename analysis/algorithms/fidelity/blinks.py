"""Blinks from the eye aspect ratio: when, how many, how long, and whether a rendition shows the same ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.align import common
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.sampling import check_lengths

Array = NDArray[np.float64]

SHORTEST_S, LONGEST_S = 0.06, 0.7  # of a blink's closed run
PUBLISHED_THRESHOLD = 0.243
THRESHOLDS = tuple(round(0.05 + 0.01 * step, 2) for step in range(26))  # 0.05 to 0.30
SQUINT_SHARE = 0.5  # closed for more of the time than this: a squint, in which blinks cannot be told
CLOSED_AT = 0.7  # of the open eye's ratio: the personal threshold
FEWEST_FRAMES = 20
UNDEFINED = float("nan")


@dataclass(frozen=True, slots=True)
class Blinks:
    """Blinks of one video at one threshold; `start` and `end` (k,) seconds, where the ratio crosses the threshold."""

    threshold: float
    count: int
    per_minute: float
    mean_duration: float  # seconds; NaN without blinks
    observed: float  # seconds in which the eyes were found
    start: Array
    end: Array


@dataclass(frozen=True, slots=True)
class BlinkMatch:
    """A rendition's blinks against the original's at one threshold; NaN where there is nothing to divide by."""

    threshold: float
    n_original: int
    n_rendition: int
    precision: float  # share of the rendition's blinks that overlap one of the original's
    recall: float  # share of the original's that overlap one of the rendition's
    squinting: bool  # the original is closed for most of the time at this threshold: leave it out


@dataclass(frozen=True, slots=True)
class BlinkFidelity:
    """How blinks survive. Rates and durations are at each video's personal threshold."""

    curve: tuple[BlinkMatch, ...]  # over THRESHOLDS
    published: BlinkMatch  # at 0.243
    personal: BlinkMatch  # each side at its own personal threshold; `threshold` is the original's
    original: Blinks
    rendition: Blinks
    ear_deviation: float  # mean of |original - rendition| over common frames
    ear_bias: float  # mean of rendition - original
    ear_r: float  # Pearson; NaN where one does not move


def mean_ear(ear: Array) -> Array:
    """(n,) mean of both eyes' (n, 2) ratios, NaN where an eye is missing."""
    both: Array = np.asarray(ear, np.float64).mean(axis=1)
    return both


def find_blinks(ear: Array, times: Array, threshold: float | None = None) -> Blinks:
    """Runs below a threshold that last 60 to 700 ms.

    A run's ends lie between frames, where the straight line through the ratio crosses the threshold; so durations do
    not snap to frames. A run at an end of the video, or beside frames without eyes, is no blink: its length is unknown.

    Parameters
    ----------
    ear : (n,) eye aspect ratio, mean of both eyes, NaN where none was found
    times : (n,) seconds, rising
    threshold : closed below; by default the `personal_threshold`

    Raises
    ------
    Unavailable : lengths differ, or eyes in fewer than 20 frames

    References
    ----------
    Zhu et al., Scientific Reports 2024 (closed while the ratio is below a threshold, a blink is a run of 60-700 ms).
    Error on phantoms at 30 fps. By the true ratio every blink and none invented; middles lie 0-30 ms after the lids'
    deepest point (they open more slowly than they close), durations are 0.68 of a blink from first to last movement,
    +-20 ms. By dlib's 68 points at 384 pixels every blink, middles within 30 ms of that, durations up to 60 ms shorter;
    with optical flow 5 and 15 ms. At 256 pixels dlib saw open eyes in 1 of 18 blinks.
    """
    _check(ear, times)
    limit = personal_threshold(ear) if threshold is None else threshold
    start, end = _runs(ear, times, limit)
    keep = (end - start >= SHORTEST_S) & (end - start <= LONGEST_S)
    start, end = start[keep], end[keep]
    observed = float(np.median(np.diff(times))) * int(np.isfinite(ear).sum())
    return Blinks(
        threshold=limit, count=len(start), per_minute=60 * len(start) / observed,
        mean_duration=float((end - start).mean()) if len(start) else UNDEFINED, observed=observed, start=start, end=end,
    )  # fmt: skip


def personal_threshold(ear: Array) -> float:
    """0.7 of the open eye's ratio, which is the median of (n,) ratios: one number for every shape of eye."""
    return CLOSED_AT * float(np.nanmedian(ear))


def squinting(ear: Array, threshold: float) -> bool:
    """Whether (n,) ratios lie below the threshold for more than half of the time."""
    known = ear[np.isfinite(ear)]
    return bool((known < threshold).mean() > SQUINT_SHARE)


def compare_blinks(
    original: Array, rendition: Array, times: Array, thresholds: Sequence[float] = THRESHOLDS
) -> BlinkFidelity:
    """Precision and recall over thresholds, rates, durations and the deviation of the ratio itself.

    Parameters
    ----------
    original, rendition : (n,) eye aspect ratios of the same frames, see `find_blinks`
    times : (n,) seconds
    thresholds : the same for both sides; where the original squints the match says so

    Raises
    ------
    Unavailable : lengths differ, no eyes on one side, or fewer than 20 common frames

    References
    ----------
    Zhu et al., Scientific Reports 2024: a rendition's blink that overlaps one of the original's is a true positive;
    thresholds 0.05 to 0.30; videos of mostly squinting patients are excluded.
    """
    both = common(original, rendition, least=FEWEST_FRAMES, what="eyes")
    one, two = np.where(both, original, np.nan), np.where(both, rendition, np.nan)
    apart = (two - one)[both]
    moving = original[both].std() > 0 and rendition[both].std() > 0
    mine, theirs = find_blinks(one, times), find_blinks(two, times)
    return BlinkFidelity(
        curve=tuple(_at(one, two, times, threshold) for threshold in thresholds),
        published=_at(one, two, times, PUBLISHED_THRESHOLD),
        personal=_match(mine, theirs, squint=False),
        original=mine, rendition=theirs,
        ear_deviation=float(np.abs(apart).mean()), ear_bias=float(apart.mean()),
        ear_r=float(np.corrcoef(original[both], rendition[both])[0, 1]) if moving else UNDEFINED,
    )  # fmt: skip


def _at(original: Array, rendition: Array, times: Array, threshold: float) -> BlinkMatch:
    one, two = (find_blinks(ear, times, threshold) for ear in (original, rendition))
    return _match(one, two, squint=squinting(original, threshold))


def _match(original: Blinks, rendition: Blinks, *, squint: bool) -> BlinkMatch:
    overlap = (original.start[:, None] < rendition.end) & (rendition.start < original.end[:, None])
    return BlinkMatch(
        threshold=original.threshold, n_original=original.count, n_rendition=rendition.count,
        precision=float(overlap.any(axis=0).mean()) if rendition.count else UNDEFINED,
        recall=float(overlap.any(axis=1).mean()) if original.count else UNDEFINED,
        squinting=squint,
    )  # fmt: skip


def _runs(ear: Array, times: Array, threshold: float) -> tuple[Array, Array]:
    """Where the ratio goes below the threshold and comes back, seconds; runs with both ends seen, parted by 60 ms."""
    with np.errstate(invalid="ignore"):
        below, above = ear < threshold, ear >= threshold
    down = np.flatnonzero(above[:-1] & below[1:])
    up = np.flatnonzero(below[:-1] & above[1:])
    starts: list[float] = []
    ends: list[float] = []
    for first in down:
        later = up[up > first]
        if not later.size or not below[first + 1 : later[0] + 1].all():
            continue
        start, end = (_crossing(ear, times, int(at), threshold) for at in (first, later[0]))
        if ends and start - ends[-1] < SHORTEST_S:  # no lid opens and closes again so fast: jitter parted one run
            ends[-1] = end
        else:
            starts.append(start)
            ends.append(end)
    return np.array(starts), np.array(ends)


def _crossing(ear: Array, times: Array, at: int, threshold: float) -> float:
    share = (ear[at] - threshold) / (ear[at] - ear[at + 1])
    return float(times[at] + share * (times[at + 1] - times[at]))


def _check(ear: Array, times: Array) -> None:
    check_lengths(times, ear)
    known = int(np.isfinite(ear).sum())
    if known < FEWEST_FRAMES:
        raise Unavailable(f"blinks need the eyes in {FEWEST_FRAMES} frames or more, they were found in {known}.")
