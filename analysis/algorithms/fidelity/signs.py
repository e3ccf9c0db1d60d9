"""Static signs that a face swap can erase: parted lips, narrow lids, a weak side, furrows."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.align import Turned, known
from analysis.algorithms.fidelity.blinks import CLOSED_AT
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.headframe import LEFT_EYE, RIGHT_EYE, eye_distance, head_relative
from analysis.algorithms.fidelity.sampling import check_lengths

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

FEWEST_FRAMES = 20
PARTED = 0.03  # of the eye distance, about 3 mm
INNER_LIPS = ((61, 67), (62, 66), (63, 65))  # upper and lower
RIGHT_CORNER, LEFT_CORNER = 48, 54
RIGHT_BROW, LEFT_BROW = tuple(range(17, 22)), tuple(range(22, 27))
STILL = 0.004  # of the eye distance: jitter of landmarks; a side that moves less shows nothing to compare


@dataclass(frozen=True, slots=True)
class LipParting:
    """`gap` in eye distances (between the outer corners, about 90 mm)."""

    seconds: float  # of time with parted lips
    share: float  # of the time in which the face was found
    gap: float  # median between the inner lips, 0 where they touch
    gap_high: float  # 95th percentile


@dataclass(frozen=True, slots=True)
class Aperture:
    """Height between the open lids, medians without blinks, in eye distances; subject's sides."""

    right: float
    left: float
    asymmetry: float  # (right - left) / mean; negative where the right lid hangs or the right eye is narrower


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """Differences of the subject's sides. 1: the left is still, -1: the right is; 0: both move alike."""

    mouth: float  # of the corners' movement; NaN where neither moves
    brows: float
    droop: float  # how much lower the left corner of the mouth lies at the median, eye distances; negative: the right
    mouth_movement: tuple[float, float]  # sd, right and left, eye distances
    brow_movement: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Furrows:
    """Contrast of lines in the skin, 0.9-4 mm wide: rms of the band-passed luminance over its local mean."""

    forehead: float
    glabella: float
    right_fold: float  # from nose to mouth, subject's right
    left_fold: float
    n_frames: int


def lip_parting(points: Array, times: Array, threshold: float = PARTED) -> LipParting:
    """How long and how far the lips stand apart.

    Parameters
    ----------
    points : (n, 68, 2) pixels of the full frame, NaN where no face was found
    times : (n,) seconds
    threshold : eye distances, parted above

    Raises
    ------
    Unavailable : lengths differ, or a face in fewer than 20 frames

    Notes
    -----
    Error on phantoms, 384 pixels: by true points 4% of the gap. By dlib's points, whose inner lips stick together, a
    closed mouth is closed, a gap of 0.035 comes out at 0.01 and counts as closed, 0.05 as 0.04, 0.09 as 0.075.
    """
    relative = _relative(points, times)
    heights = relative.only(*(place for lips in INNER_LIPS for place in lips))[..., 1]
    gap = (heights[:, 1::2] - heights[:, ::2]).mean(axis=1)
    seen = np.isfinite(gap)
    gap = gap[seen] / eye_distance(relative)
    lengths = np.gradient(times)[seen]
    parted = gap > threshold
    return LipParting(
        seconds=float(lengths[parted].sum()), share=float(lengths[parted].sum() / lengths.sum()),
        gap=max(float(np.median(gap)), 0.0), gap_high=max(float(np.quantile(gap, 0.95)), 0.0),
    )  # fmt: skip


def aperture(points: Array, times: Array) -> Aperture:
    """Height of the palpebral fissures while the eyes are open.

    Parameters and exceptions as for `lip_parting`. Error on phantoms: by true points 2%; by dlib's 15%, and an
    asymmetry of 0.06 between the sides is lost: dlib fits whole faces.
    """
    relative = _relative(points, times)
    unit = eye_distance(relative)
    right, left = (_open_height(relative.only(*eye)) / unit for eye in (RIGHT_EYE, LEFT_EYE))
    return Aperture(right, left, 2 * (right - left) / (right + left))


def asymmetry(points: Array, times: Array) -> Asymmetry:
    """How unlike the two sides of the face move, and how far a corner of the mouth hangs.

    Movement is the standard deviation of a corner of the mouth (a brow: the mean of its points) in the head's frame; of
    the side that moves less, what goes along with the other. The asymmetry is 1 - weaker / stronger, with the sign of
    the weak side.

    Parameters and exceptions as for `lip_parting`. Error on phantoms with planted weakness of -0.9 to 0.6, smiling for
    6 s: by true points 0.2 for the mouth and 0.25 for the brows (the head's turns are not all taken out, and the jaw
    moves a weak corner too), droop 5%; by dlib's points with optical flow 0.35 and 0.25: weakness comes out at half to
    four fifths of its size, with the right sign.
    """
    relative = _relative(points, times)
    unit = eye_distance(relative)
    right, left = (relative.only(corner) / unit for corner in (RIGHT_CORNER, LEFT_CORNER))
    mouth = _sides(right, left)
    brows = _sides(*(relative.only(*brow) / unit for brow in (RIGHT_BROW, LEFT_BROW)))
    droop = float(np.nanmedian((left - right)[..., 1]))
    return Asymmetry(_weakness(*mouth), _weakness(*brows), droop, mouth, brows)


def furrow_contrast(frames: Iterable[Picture], points: Array) -> Furrows:
    """Contrast of furrows in forehead, glabella and the folds beside the nose.

    Each frame is turned and scaled to eyes 128 pixels apart; there the luminance is band-passed (difference
    of Gaussians of 1.3 and 5 pixels, 0.9 and 3.5 mm) and divided by its local mean: light and skin tone drop out.

    Parameters
    ----------
    frames : (h, w, 3) uint8 RGB, one at a time; every fifth of a video is enough
    points : (n, 68, 2) landmarks of the same frames, NaN where no face was found

    Raises
    ------
    Unavailable : no frame has a face

    Notes
    -----
    Error: planted lines of half the depth give 0.50 +- 0.02 of the contrast; the light's level changes it by 3%. Beards
    and brows within the regions count too, on both sides of a comparison.
    """
    squares = [_furrows(frame, shape) for frame, shape in zip(frames, points, strict=True) if np.isfinite(shape).all()]
    if not squares:
        raise Unavailable(f"no face was found in any of {len(points)} frames: furrows need one.")
    forehead, glabella, right, left = np.sqrt(np.mean(squares, axis=0)).tolist()
    return Furrows(forehead, glabella, right, left, len(squares))


def _relative(points: Array, times: Array) -> Turned:
    check_lengths(times, points)
    found = int(known(points).sum())
    if found < FEWEST_FRAMES:
        raise Unavailable(f"a face is needed in {FEWEST_FRAMES} frames or more, it was found in {found}.")
    return head_relative(points)


def _open_height(eye: Array) -> float:
    """Median distance of the lids of (n, 6, 2) points over frames without a blink."""
    height = (eye[:, 5, 1] - eye[:, 1, 1] + eye[:, 4, 1] - eye[:, 2, 1]) / 2
    height = height[np.isfinite(height)]
    open_ = height[height >= CLOSED_AT * np.median(height)]
    return float(np.median(open_))


def _sides(one: Array, two: Array) -> tuple[float, float]:
    """How much the means of (n, k, 2) points on the right and on the left move, pixels.

    The side that moves more sets the course: its own sd along its main direction; the other side's movement is what of
    it goes along with that course, so that jitter and turns of the head do not pass for it.
    """
    paths = [part.mean(axis=1) for part in (one, two)]
    both = np.isfinite(paths[0]).all(axis=1) & np.isfinite(paths[1]).all(axis=1)
    right, left = (path[both] - path[both].mean(axis=0) for path in paths)
    strong, weak = (right, left) if (right**2).sum() >= (left**2).sum() else (left, right)
    spread, directions = np.linalg.eigh(strong.T @ strong / len(strong))
    course = strong @ directions[:, -1]
    size = float(np.sqrt(max(spread[-1], 0.0)))
    other = float(np.linalg.norm(weak.T @ course) / len(course)) / size if size else 0.0
    return (size, other) if strong is right else (other, size)


def _weakness(right: float, left: float) -> float:
    if max(right, left) < STILL:
        return float("nan")
    return 1 - left / right if right >= left else right / left - 1


# Furrows: a picture of the upright face, eyes EYES pixels apart, their middle at CENTRE.
EYES, SIDE, CENTRE = 128.0, 288, (144.0, 144.0)
FINE, COARSE = 1.3, 5.0  # pixels there


def _furrows(frame: Picture, shape: Array) -> list[float]:
    """Mean square contrast of the four regions."""
    right, left = shape[36], shape[45]
    across = complex(*(left - right))
    turn = EYES / across  # a similarity as one complex factor
    middle = (right + left) / 2
    there = np.array([[turn.real, -turn.imag, 0], [turn.imag, turn.real, 0]])
    there[:, 2] = np.array(CENTRE) - there[:, :2] @ middle
    grey = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)
    small = abs(turn) < 1
    face = cv2.warpAffine(
        grey, there, (SIDE, SIDE), flags=cv2.INTER_AREA if small else cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32)
    coarse = cv2.GaussianBlur(face, (0, 0), COARSE)
    contrast = (cv2.GaussianBlur(face, (0, 0), FINE) - coarse) / np.maximum(coarse, 1)
    placed = shape @ there[:, :2].T + there[:, 2]
    squares = []
    for region in _regions(placed):
        mask = np.zeros((SIDE, SIDE), np.uint8)
        cv2.fillPoly(mask, [np.round(region).astype(np.int32)], (1,))
        inside = contrast[mask > 0]
        squares.append(float((inside**2).mean()) if inside.size else 0.0)
    return squares


def _regions(p: Array) -> list[Array]:
    """Outlines of forehead, glabella, right and left fold among upright points, pixels."""
    brow = float(p[17:27, 1].min())
    low, high = brow - 0.10 * EYES, brow - 0.38 * EYES  # under the hair of most
    forehead = np.array([(p[18, 0], low), (p[25, 0], low), (p[24, 0], high), (p[19, 0], high)])
    inner, nasion = p[[21, 22]], p[27, 1]
    half = max((inner[1, 0] - inner[0, 0]) / 2 - 0.05 * EYES, 0.06 * EYES)  # beside the hair of the brows
    middle, top = float(inner[:, 0].mean()), float(inner[:, 1].mean()) - 0.12 * EYES
    glabella = np.array([(middle - half, top), (middle + half, top), (middle + half, nasion), (middle - half, nasion)])
    folds = []
    for wing, corner, outwards in ((31, 48, -1), (35, 54, 1)):
        out = np.array([outwards * EYES, 0.0])
        folds.append(
            np.array([p[wing] + 0.03 * out, p[wing] + 0.30 * out, p[corner] + 0.22 * out, p[corner] + 0.06 * out])
        )
    return [forehead, glabella, *folds]
