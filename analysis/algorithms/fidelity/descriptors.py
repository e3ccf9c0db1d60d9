"""dlib's descriptors of the face, of the region of the eyes alone and of the whole head."""

import cv2
import numpy as np
from numpy.typing import NDArray

from faces.dlib_backend import DESCRIPTOR_SIZE, descriptor_at
from faces.protocol import FaceDescriber
from videoio.frames import RGB

VARIANTS = ("periocular", "head")
HEAD_PADDING = 0.75  # of the chip that is described; 0.25 is the recogniser's own, a face from brows to chin
BAND = 0.55  # half height of the region of the eyes, in distances between the eyes
GREY = 127
NOTHING = np.full(DESCRIPTOR_SIZE, np.nan)  # where no face was found

Floats = NDArray[np.float64]


def look_at(
    rgb: RGB, points: Floats, face: bool, variants: bool, describer: FaceDescriber | None = None
) -> dict[str, Floats]:
    """`descriptors` where `face` is wanted and `VARIANTS` where they are, each (128,), NaN without a face.

    A `describer` adds its own descriptor of the face under its name. What is not wanted is not there.

    The variants lie outside of what the recogniser was trained on: they say whether eyes or head alone still tell who
    somebody is, compared with strangers' descriptors of the same kind, not with its threshold of 0.6.

    Parameters
    ----------
    points : (68, 2) pixels of the (h, w, 3) picture, NaN where no face was found
    """
    seen = bool(np.isfinite(points).all())
    found: dict[str, Floats] = {}
    if face:
        found["descriptors"] = descriptor_at(rgb, points) if seen else NOTHING
        if describer is not None:
            found[describer.name] = describer.describe(rgb, points) if seen else np.full(describer.size, np.nan)
    if variants:
        found["periocular"] = descriptor_at(eyes_alone(rgb, points), points) if seen else NOTHING
        found["head"] = descriptor_at(rgb, points, padding=HEAD_PADDING) if seen else NOTHING
    return found


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
