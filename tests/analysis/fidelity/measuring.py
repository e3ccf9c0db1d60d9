"""Landmarks and skin colours of a video for these tests: dlib and polygons, nothing of the mesh."""

from collections.abc import Iterable

import cv2
import numpy as np

from faces.dlib_backend import landmarks68
from faces.protocol import FaceBox

RIGHT_CHEEK, LEFT_CHEEK = (1, 36, 31, 48, 4), (15, 45, 35, 54, 12)  # of the 68, outlines


def points68(frames: Iterable[np.ndarray]) -> np.ndarray:
    """(n, 68, 2) by dlib; where the face was found stays the box for all: heads move little in these videos."""
    found: list[np.ndarray] = []
    box = None
    for frame in frames:
        points = landmarks68(frame, box)
        assert points is not None
        if box is None:
            box = _box(points)
        found.append(points)
    return np.array(found)


def ratios68(points: np.ndarray) -> np.ndarray:
    """(n, 2) eye aspect ratio of the subject's right and left eye."""
    sides = []
    for first in (36, 42):
        p = points[:, first : first + 6]
        upright = np.linalg.norm(p[:, 1] - p[:, 5], axis=1) + np.linalg.norm(p[:, 2] - p[:, 4], axis=1)
        sides.append(upright / (2 * np.linalg.norm(p[:, 0] - p[:, 3], axis=1)))
    return np.stack(sides, axis=1)


def cheek_colours(frames: Iterable[np.ndarray], points: np.ndarray) -> np.ndarray:
    """(n, 3) mean RGB of both cheeks; `points` (68, 2), where they are throughout."""
    colours, mask = [], None
    for frame in frames:
        if mask is None:
            mask = np.zeros(frame.shape[:2], np.uint8)
            for cheek in (RIGHT_CHEEK, LEFT_CHEEK):
                cv2.fillPoly(mask, [np.round(points[list(cheek)]).astype(np.int32)], 1)
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            inside = mask[box] > 0
        colours.append(frame[box][inside].mean(axis=0))
    return np.array(colours)


def _box(points: np.ndarray) -> FaceBox:
    """About what dlib's detector gives for a face: brows to chin, jaw to jaw, square."""
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    side = 1.02 * max(right - left, bottom - top)
    return FaceBox((left + right - side) / 2, (top + bottom - side) / 2, side, side)
