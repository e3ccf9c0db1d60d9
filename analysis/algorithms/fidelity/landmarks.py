"""dlib's 68 points made sub-pixel by optical flow: what judges motion, and knows nothing of the mesh that makes it.

dlib finds the points of every frame anew and rounds them to pixels, so they tremble by a pixel or two. Lucas-Kanade
flow says to some hundredths of a pixel how the picture under them moved since the frame before, but drifts. The points
are carried on by the flow and drawn to where dlib sees them: little while both agree, wholly where they do not (a lid
that shuts, a lip that rolls in, an occlusion). Only dlib's trembling is smoothed, never the motion, as a filter over
time would: on a phantom with a jaw tremor of 5 Hz the lower lip's gain is 0.99, the chin's 1.00 (dlib alone 0.98 and
1.10, the mesh 1.12 and 0.94), and eye aspect ratios tremble by 0.004 instead of 0.014.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from faces.dlib_backend import face_boxes, landmarks68
from faces.protocol import FaceBox
from videoio.frames import RGB

N_POINTS = 68
FOUND_AT = 110  # pixels of a face in which dlib's detector looks for it again
LANDMARKED_AT = 300  # pixels at least; dlib rounds to whole pixels
SEARCH_SIDE, SEARCH_EVERY = 640, 10  # pixels of the picture, frames, where the face is not where it was
WINDOW, WINDOW_MIN, WINDOW_MAX = 0.07, 9, 35  # of the flow, face sizes and pixels
BACK = 0.01  # face sizes; a point whose flow there and back does not come home is taken from dlib
STEADY = 0.25  # share of a newly found box in the box that dlib looks into: its jumps would shake all points
FAR = 0.15  # face sizes; a found box this far from the last one is taken as it is
# Pull towards dlib: at once, and the disagreement (face sizes) at which it is 63% on top.
RIGID_PULL, RIGID_TRUST = 0.05, 0.03
SOFT_PULL, SOFT_TRUST = 0.15, 0.012
SOFT = np.r_[36:48, 60:68]  # lids and inner lips, which uncover what was not there before
LEAST_PULL = np.full(N_POINTS, RIGID_PULL)
TRUST = np.full(N_POINTS, RIGID_TRUST)
LEAST_PULL[SOFT], TRUST[SOFT] = SOFT_PULL, SOFT_TRUST

Floats = NDArray[np.float64]
Grey = NDArray[np.uint8]


@dataclass(slots=True)
class _Before:
    """The frame before: its grey picture, the points in it and the steady box."""

    grey: Grey
    points: Floats
    box: FaceBox


class Follower68:
    """Gives the 68 points of the largest face of each frame, frame by frame in the video's order."""

    def __init__(self) -> None:
        self._before: _Before | None = None
        self._lost = 0  # frames since the whole picture was searched

    def look(self, rgb: RGB) -> Floats:
        """(68, 2) points in pixels of an (h, w, 3) frame, NaN where dlib finds no face."""
        found = self._find(rgb)
        if found is None:
            self._before = None
            return np.full((N_POINTS, 2), np.nan)
        grey: Grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
        carried, home = self._carried(grey)
        box = self._steady(found, carried)
        seen = _landmarked(rgb, box)
        points = seen if carried is None else fused(carried, seen, home, box.size)
        self._before = _Before(grey, points, box)
        return points

    def _find(self, rgb: RGB) -> FaceBox | None:
        """The face where it was, else anywhere; the whole picture is searched in every tenth frame only."""
        if self._before is not None:
            near = _found_around(rgb, self._before.box)
            if near is not None:
                return near
            self._lost = 0
        searched = self._lost % SEARCH_EVERY == 0
        self._lost += 1
        return _searched(rgb) if searched else None

    def _carried(self, grey: Grey) -> tuple[Floats | None, NDArray[np.bool_]]:
        """The last points, moved as the picture moved, and which of them come home on the way back."""
        before = self._before
        if before is None or before.grey.shape != grey.shape:
            return None, np.zeros(N_POINTS, bool)
        return flow(before.grey, grey, before.points, before.box.size)

    def _steady(self, found: FaceBox, carried: Floats | None) -> FaceBox:
        if carried is None or self._before is None:
            return found
        moved = np.median(carried - self._before.points, axis=0)
        last = self._before.box.shifted(float(moved[0]), float(moved[1]))
        apart = np.hypot(found.centre[0] - last.centre[0], found.centre[1] - last.centre[1])
        if max(apart, abs(found.size - last.size)) > FAR * last.size:
            return found
        mixed = (
            (1 - STEADY) * getattr(last, name) + STEADY * getattr(found, name) for name in ("x", "y", "width", "height")
        )
        return FaceBox(*mixed)


def fused(carried: Floats, seen: Floats, home: NDArray[np.bool_], size: float) -> Floats:
    """Points carried on by the flow, drawn to dlib's.

    Parameters
    ----------
    carried, seen : (68, 2) by the flow and by dlib, pixels
    home : (68,) whether the flow is to be believed
    size : of the face, pixels
    """
    apart = np.linalg.norm(seen - carried, axis=1) / size
    pull = LEAST_PULL + (1 - LEAST_PULL) * (1 - np.exp(-((apart / TRUST) ** 2)))
    pull[~home] = 1.0
    points: Floats = carried + pull[:, None] * (seen - carried)
    return points


def flow(before: Grey, after: Grey, points: Floats, size: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Lucas-Kanade flow of (n, 2) points between two grey pictures, there and back.

    Returns
    -------
    moved : (n, 2) pixels
    home : (n,) whether the way back ends where it began, within 1% of the face
    """
    left, top = np.floor(points.min(axis=0) - 0.5 * size).astype(int).clip(0)
    right, bottom = np.ceil(points.max(axis=0) + 0.5 * size).astype(int)
    one, two = before[top:bottom, left:right], after[top:bottom, left:right]
    if min(one.shape) < 2 * WINDOW_MIN:
        return points, np.zeros(len(points), bool)
    side = int(np.clip(WINDOW * size, WINDOW_MIN, WINDOW_MAX)) | 1
    wanted = {
        "winSize": (side, side),
        "maxLevel": 3,
        "criteria": (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-3),
    }
    start = (points - (left, top)).astype(np.float32)[:, None]
    there, there_ok, _ = cv2.calcOpticalFlowPyrLK(one, two, start, None, **wanted)  # type: ignore[call-overload]
    back, back_ok, _ = cv2.calcOpticalFlowPyrLK(two, one, there, None, **wanted)  # type: ignore[call-overload]
    home = (there_ok[:, 0] > 0) & (back_ok[:, 0] > 0)
    home &= np.linalg.norm((back - start)[:, 0], axis=1) < BACK * size
    # The step is added in double precision: places far from the corner keep their hundredths.
    return points + (there - start)[:, 0].astype(np.float64), home


def _crop(rgb: RGB, box: FaceBox, side: float, at: float, least: float = 0.0) -> tuple[RGB, float, int, int]:
    """The square of `side` faces around a face, scaled until the face has `at` pixels, and scale, left and top."""
    half = side * box.size / 2
    x, y = max(int(box.centre[0] - half), 0), max(int(box.centre[1] - half), 0)
    part = rgb[y : int(box.centre[1] + half), x : int(box.centre[0] + half)]
    scale = max(at / box.size, least)
    if scale == 1 or not part.size:
        return part, 1.0, x, y
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(part, None, fx=scale, fy=scale, interpolation=kind).astype(np.uint8, copy=False), scale, x, y


def _found_around(rgb: RGB, box: FaceBox) -> FaceBox | None:
    part, scale, x, y = _crop(rgb, box, 2.0, FOUND_AT)
    if min(part.shape[:2]) < FOUND_AT / 2:
        return None
    found = [each.scaled(1 / scale).shifted(x, y) for each in face_boxes(part)]
    return max(found, key=box.iou, default=None)


def _searched(rgb: RGB) -> FaceBox | None:
    scale = min(1.0, SEARCH_SIDE / max(rgb.shape[:2]))
    small: RGB = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    found = face_boxes(small) or face_boxes(small, enlarge=1)
    largest = max(found, key=lambda each: each.size, default=None)
    return None if largest is None else largest.scaled(1 / scale)


def _landmarked(rgb: RGB, box: FaceBox) -> Floats:
    part, scale, x, y = _crop(rgb, box, 2.0, LANDMARKED_AT, least=1.0)
    points = landmarks68(part, box.shifted(-x, -y).scaled(scale))
    assert points is not None  # noqa: S101 - a box was given
    # Pixel centres: a picture scaled by s has its pixel u at (u + 0.5) / s - 0.5 of the other.
    place: Floats = (points + 0.5) / scale - 0.5 + (x, y)
    return place
