"""dlib's descriptors of the face, of the region of the eyes alone and of the whole head."""

import cv2
import numpy as np
from numpy.typing import NDArray

from faces.dlib_backend import DESCRIPTOR_SIZE, descriptor_at
from videoio.frames import RGB

VARIANTS = ("periocular", "head")
HEAD_PADDING = 0.75  # of the chip that is described; 0.25 is the recogniser's own, a face from brows to chin
BAND = 0.55  # half height of the region of the eyes, in distances between the eyes
GREY = 127

Floats = NDArray[np.float64]


class Describer:
    """Descriptors of the frames that are asked for.

    The variants lie outside of what the recogniser was trained on: they say whether eyes or head alone still tell who
    somebody is, compared with strangers' descriptors of the same kind, not with its threshold of 0.6.
    """

    def look(self, rgb: RGB, points: Floats, wanted: bool) -> dict[str, Floats]:
        """`descriptors` and `VARIANTS`, each (128,), NaN where not wanted or no face was found."""
        if not wanted or not np.isfinite(points).all():
            return {name: np.full(DESCRIPTOR_SIZE, np.nan) for name in ("descriptors", *VARIANTS)}
        return describe(rgb, points)


def describe(rgb: RGB, points: Floats) -> dict[str, Floats]:
    """The three descriptors of a face with its (68, 2) points."""
    return {
        "descriptors": descriptor_at(rgb, points),
        "periocular": descriptor_at(eyes_alone(rgb, points), points),
        "head": descriptor_at(rgb, points, padding=HEAD_PADDING),
    }


def eyes_alone(rgb: RGB, points: Floats) -> RGB:
    """The picture with all but a band over both eyes and brows made grey."""
    right, left = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    across = left - right
    down = np.array([-across[1], across[0]])
    corners = [
        right - 0.6 * across - BAND * down, left + 0.6 * across - BAND * down,
        left + 0.6 * across + BAND * down, right - 0.6 * across + BAND * down,
    ]  # fmt: skip
    mask = np.zeros(rgb.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round(corners).astype(np.int32), (1,))
    shown: RGB = np.where(mask[..., None] > 0, rgb, np.uint8(GREY))
    return shown
