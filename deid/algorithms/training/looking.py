"""What dlib, which drives no training, says of made faces."""

import cv2
import numpy as np
from numpy.typing import NDArray

from faces.dlib_backend import descriptor_at, face_boxes, landmarks68
from videoio.frames import RGB

Levels = NDArray[np.float32]
LEAST_SIDE = 224  # pixels; dlib's own pictures have 150 for less of the head


def described(pictures: Levels, points: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n, 128) descriptors.

    Parameters
    ----------
    pictures : (n, 3, side, side) levels 0-1; small ones are enlarged first
    points : (n, 68, 2) pixels, where the face of each is
    """
    factor = max(1.0, LEAST_SIDE / pictures.shape[-1])
    return np.array(
        [
            descriptor_at(_enlarged(picture, factor), (places.astype(np.float64) + 0.5) * factor - 0.5)
            for picture, places in zip(pictures, points, strict=True)
        ]
    )


def dlib_points(pictures: Levels) -> NDArray[np.float64]:
    """(n, 68, 2) where dlib sees the points, pixels of the pictures; NaN where it finds no face."""
    factor = max(1.0, LEAST_SIDE / pictures.shape[-1])
    return np.array([(_points_in(_enlarged(picture, factor)) + 0.5) / factor - 0.5 for picture in pictures])


def _points_in(rgb: RGB) -> NDArray[np.float64]:
    boxes = face_boxes(rgb)
    found = landmarks68(rgb, max(boxes, key=lambda box: box.size)) if boxes else None
    return np.full((68, 2), np.nan) if found is None else found


def _enlarged(picture: Levels, factor: float) -> RGB:
    rgb = (np.moveaxis(np.clip(picture, 0, 1), 0, -1) * 255 + 0.5).astype(np.uint8)
    side = round(rgb.shape[0] * factor)
    return np.asarray(cv2.resize(rgb, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def nearness(made: NDArray[np.float64], original: NDArray[np.float64], source: NDArray[np.float64]) -> dict[str, float]:
    """Mean distances of (n, 128) made faces to the means of the original's and the source's, and the share of faces
    that are nearer to the source."""
    to_original, to_source = (np.linalg.norm(made - each.mean(axis=0), axis=1) for each in (original, source))
    return {
        "to_original": float(to_original.mean()), "to_source": float(to_source.mean()),
        "nearer_to_source": float((to_source < to_original).mean()),
    }  # fmt: skip
