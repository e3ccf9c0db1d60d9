"""Body keypoints: object keypoint similarity, average precision and recall, the original as truth."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.tracks import OPENPOSE

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Order of COCO: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles; the left one first.
SIGMAS = np.array(
    [0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089,
     0.089]
)  # fmt: skip
NECK_SIGMA = 0.079  # by convention: no study gave one
OPENPOSE_SIGMAS = np.array([NECK_SIGMA if each < 0 else SIGMAS[each] for each in OPENPOSE])
THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)  # at which COCO reads the precision
MAX_PERSONS = 20  # per picture, as COCO has it for keypoints
VISIBLE = 0.5  # least visibility of a point that counts


@dataclass(frozen=True, slots=True)
class Precision:
    """Average precision and recall as COCO computes them."""

    ap: float  # mean over OKS 0.50 to 0.95
    ap95: float
    ar: float
    ar95: float
    ap_by_threshold: tuple[float, ...]
    ar_by_threshold: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class BodyFidelity:
    """A rendition's keypoints against the original's, over frames in which the original shows a person."""

    n_frames: int
    missed: int  # frames without a person in the rendition; their similarity is 0
    oks: float  # mean
    over_95: float  # share of frames with a similarity over 0.95
    over_995: float
    precision: Precision
    deviation: Array  # (k,) median over frames of distance / sqrt(area) by keypoint, NaN where never seen
    frame_oks: Array  # (n,) by frame, NaN where the original shows nobody


def person_area(keypoints: Array, visible: Mask) -> Array:
    """(...,) pixels^2: the box around the visible keypoints (..., k, 2), in place of COCO's segmented area.

    Keypoints come without an area. A box is larger than a silhouette, so that the similarity comes out a little higher
    than COCO's would.
    """
    x, y = (np.where(visible, keypoints[..., axis], np.nan) for axis in (0, 1))
    seen = visible.any(axis=-1)
    sides = []
    for values in (x, y):
        low = np.where(visible, values, np.inf).min(axis=-1)
        high = np.where(visible, values, -np.inf).max(axis=-1)
        sides.append(np.where(seen, high - low, 0.0))
    area: Array = sides[0] * sides[1]
    return area


def oks(truth: Array, found: Array, visible: Mask, area: Array | float, sigmas: Array = SIGMAS) -> Array:
    """Object keypoint similarity, mean over visible of exp(-d^2 / (2 (2 sigma)^2 area)); NaN where nothing is visible.

    Parameters
    ----------
    truth, found : (..., k, 2) pixels; a keypoint that was not found is NaN and counts 0
    visible : (..., k) of the truth
    area : (...,) pixels^2
    sigmas : (k,)

    References
    ----------
    COCO keypoint evaluation, https://cocodataset.org/#keypoints-eval. Equal to pycocotools to 1e-9 on random sets.
    """
    away = ((truth - found) ** 2).sum(axis=-1)
    scale = 2 * (2 * sigmas) ** 2 * (np.asarray(area, np.float64)[..., None] + np.spacing(1))
    near = np.where(np.isfinite(away) & visible, np.exp(-np.where(np.isfinite(away), away, np.inf) / scale), 0.0)
    number = visible.sum(axis=-1)
    with np.errstate(invalid="ignore"):
        similarity: Array = near.sum(axis=-1) / np.where(number, number, np.nan)
    return similarity


def average_precision(pictures: Iterable[tuple[Array, Array]], thresholds: Array = THRESHOLDS) -> Precision:
    """COCO's AP and AR over pictures.

    Parameters
    ----------
    pictures : for each one the similarities (d, g) of d found persons with g true ones, and the scores (d,)
    thresholds : (t,) of the similarity

    Raises
    ------
    Unavailable : there is no true person

    References
    ----------
    COCO: in order of score each found person takes the most similar true one that is free; precision is made to fall
    and read at 101 recalls; recall is the share found at all. Equal to pycocotools to 1e-9 on random sets.
    """
    scores, hits, number = [np.empty(0)], [np.empty((len(thresholds), 0), bool)], 0
    for similarity, score in pictures:
        order = np.argsort(-score, kind="mergesort")[:MAX_PERSONS]
        scores.append(score[order])
        hits.append(_matched(similarity[order], thresholds))
        number += similarity.shape[1]
    if number == 0:
        raise Unavailable("no picture shows a person: precision and recall need one.")
    order = np.argsort(-np.concatenate(scores), kind="mergesort")
    right = np.concatenate(hits, axis=1)[:, order]
    found = [_precision(row, number) for row in right]
    ap, ar = [each[0] for each in found], [each[1] for each in found]
    return Precision(float(np.mean(ap)), ap[-1], float(np.mean(ar)), ar[-1], tuple(ap), tuple(ar))


def body_fidelity(original: Array, rendition: Array, sigmas: Array = SIGMAS) -> BodyFidelity:
    """Similarity of a rendition's body keypoints to the original's, one person a frame.

    Parameters
    ----------
    original, rendition : (n, k, 3) x and y in pixels and visibility, `coco17` or `openpose18` of the same frames; NaN
        where no person was found. A keypoint counts where its visibility in the original is at least 0.5
    sigmas : (k,), SIGMAS or OPENPOSE_SIGMAS

    Raises
    ------
    Unavailable : frame counts differ, or the original shows no person

    References
    ----------
    Zhu et al., Scientific Reports 2024 (OKS, shares over 0.95 and 0.995); Zhu et al., AIES 2020 (AP and AR). A copy
    gives 1 throughout; shifted keypoints give the formula's value exactly.
    """
    if len(original) != len(rendition):
        raise Unavailable(
            f"different frame counts: the original has {len(original)} frames, the other {len(rendition)}; give two "
            "versions of one recording."
        )
    with np.errstate(invalid="ignore"):
        visible = np.isfinite(original[..., :2]).all(axis=-1) & (original[..., 2] >= VISIBLE)
    area = person_area(original[..., :2], visible)
    frames = visible.any(axis=1) & (area > 0)
    if not frames.any():
        raise Unavailable(
            f"the original shows a person in none of {len(original)} frames: there is nothing to compare."
        )
    mine, theirs, visible, area = original[frames, :, :2], rendition[frames, :, :2], visible[frames], area[frames]
    similarity = oks(mine, theirs, visible, area, sigmas)
    there = np.isfinite(theirs).all(axis=-1).any(axis=1)
    away = np.linalg.norm(mine - theirs, axis=-1) / np.sqrt(area)[:, None]
    of_frames = np.full(len(frames), np.nan)
    of_frames[frames] = similarity
    return BodyFidelity(
        n_frames=len(similarity), missed=int((~there).sum()), oks=float(similarity.mean()),
        over_95=float((similarity > 0.95).mean()), over_995=float((similarity > 0.995).mean()),
        precision=average_precision(_single(similarity, there)),
        deviation=_medians(np.where(visible, away, np.nan)), frame_oks=of_frames,
    )  # fmt: skip


def _single(similarity: Array, there: Mask) -> Iterable[tuple[Array, Array]]:
    """One true person a frame, and at most one found, all of the same score: no detector's confidence is at hand."""
    for value, seen in zip(similarity, there, strict=True):
        yield (np.array([[value]]), np.ones(1)) if seen else (np.empty((0, 1)), np.empty(0))


def _medians(values: Array) -> Array:
    """(k,) medians over frames without the NaNs; NaN for a column of nothing else."""
    return np.array(
        [np.median(known) if (known := column[np.isfinite(column)]).size else np.nan for column in values.T]
    )


def _matched(similarity: Array, thresholds: Array) -> Mask:
    """(t, d) whether each found person, best score first, takes a true one; among equals the last, as pycocotools."""
    hits = np.zeros((len(thresholds), len(similarity)), bool)
    for row, threshold in enumerate(thresholds):
        free = np.ones(similarity.shape[1], bool)
        for person, values in enumerate(similarity):
            able = np.flatnonzero(free & (values >= min(threshold, 1 - 1e-10)))
            if able.size:
                best = able[values[able] == values[able].max()][-1]
                free[best] = False
                hits[row, person] = True
    return hits


def _precision(right: Mask, number: int) -> tuple[float, float]:
    """Average precision and greatest recall of found persons in order of score."""
    true = np.cumsum(right)
    if not true.size:
        return 0.0, 0.0
    recall, precision = true / number, true / (np.arange(len(right)) + 1 + np.spacing(1))
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, RECALLS, side="left")
    read = np.where(at < len(falling), falling[np.minimum(at, len(falling) - 1)], 0.0)
    return float(read.mean()), float(recall[-1])
