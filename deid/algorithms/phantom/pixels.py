"""The few picture operations that phantoms need, typed."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]


def sampled(picture: NDArray[Any], place: Values) -> Values:
    """Values of a picture (h, w) or (h, w, c) at x and y of `place` (..., 2), bilinear, edges repeated; float32."""
    seen = cv2.remap(picture, place[..., 0], place[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32)


def resized(picture: NDArray[Any], side: int) -> NDArray[Any]:
    """A square picture at another size; averaged where it becomes smaller."""
    smaller = side < picture.shape[0]
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR))


def enlarged(picture: NDArray[Any], times: int) -> NDArray[Any]:
    """A picture (h, w, c) a whole number of times as large, bilinear."""
    size = (picture.shape[1] * times, picture.shape[0] * times)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR))


def blurred(picture: NDArray[Any], sd: float) -> NDArray[Any]:
    """A picture without details smaller than about `sd` pixels."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(sd, 0.5)))


def filled(shape: tuple[int, int], outlines: list[NDArray[np.float64]]) -> NDArray[np.uint8]:
    """(h, w) 255 within closed outlines of (n, 2) points, 0 elsewhere."""
    mask = np.zeros(shape, np.uint8)
    for outline in outlines:
        cv2.fillPoly(mask, [np.round(outline[:, :2]).astype(np.int32)], (255.0,))
    return mask


def hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(m, 2) convex outline of (n, 2) points."""
    outline = cv2.convexHull(np.ascontiguousarray(points[:, :2], np.float32))
    return np.asarray(outline, np.float64).reshape(-1, 2)


def softened(mask: NDArray[np.uint8], shrink: int, sd: float) -> Values:
    """A 0-255 mask as 0-1, `shrink` pixels smaller, with soft edges."""
    small = cv2.erode(mask, np.ones((3, 3), np.uint8), iterations=shrink)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), sd), np.float32) / 255
