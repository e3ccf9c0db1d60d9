"""Where skin is, how light it is, and the colour of a heart beat in it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.phantom.fields import BROWS
from faces.mesh import LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_EYE

Array = NDArray[np.float64]

# Strength of the pulse in red, green and blue over green's: green is absorbed most by blood.
# Source: de Haan & van Leest 2014, "Improved motion robustness of remote-PPG by using the blood volume pulse signature",
# whose signature is (0.33, 0.77, 0.53) for a camera's RGB of normalised colour.
PULSE_COLOUR = np.array([0.33, 0.77, 0.53]) / 0.77
LUMA = np.array([0.2126, 0.7152, 0.0722])  # ITU-R BT.709
MEAN_SKIN = 150.0  # luma of the mean face for which the mouth's colours were chosen


def skin_mask(mesh: Array, shape: tuple[int, int]) -> NDArray[np.float32]:
    """(h, w) 0-1: the face without eyes, brows and lips, with soft edges, for a mesh in pixels of that picture."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [_whole(mesh, OVAL)], 255)
    for part in (RIGHT_EYE, LEFT_EYE, OUTER_LIPS):
        cv2.fillPoly(mask, [_whole(mesh, part)], 0)
    for brow in BROWS:
        cv2.fillConvexPoly(mask, cv2.convexHull(_whole(mesh, brow)), 0)
    height = float(np.linalg.norm(mesh[10, :2] - mesh[152, :2]))
    mask = cv2.erode(mask, np.ones((3, 3), np.uint8), iterations=max(1, round(0.01 * height)))
    soft: NDArray[np.float32] = cv2.GaussianBlur(mask, (0, 0), max(0.8, 0.012 * height)).astype(np.float32) / 255
    return soft


def light_of(picture: NDArray[np.uint8], mask: NDArray[np.float32]) -> float:
    """Brightness of the skin over that of a mean face."""
    mean = float((picture @ LUMA)[mask > 0.9].mean())
    return mean / MEAN_SKIN


def _whole(mesh: Array, part: tuple[int, ...]) -> NDArray[np.int32]:
    points: NDArray[np.int32] = np.round(mesh[list(part), :2]).astype(np.int32)
    return points


class Shading:
    """Light and shadow that come with a smile: the fold from nose to mouth deepens, the cheek catches light."""

    def __init__(self, face: "FaceGeometry", size: int) -> None:
        self._size = size

    def apply(self, frame: NDArray[np.float32], place: NDArray[np.float32], coefficients: Array) -> None:
        """Multiply the shading onto a frame in place."""
