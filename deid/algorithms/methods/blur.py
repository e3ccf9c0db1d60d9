"""Average filter as wide as half the face."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.errors import BadParameters
from deid.algorithms.method import ClipTracks
from deid.algorithms.painting import filter_region
from deid.algorithms.plan import Face
from deid.algorithms.regions import face_region
from videoio.frames import Frame


def blurred(patch: NDArray[np.uint8], kernel: float) -> NDArray[np.uint8]:
    """Average filter over `kernel` of the patch's height and width (at least 3 pixels, odd).

    Parameters
    ----------
    patch : (h, w) or (h, w, c) uint8
    kernel : share of each side; 0.5 covers a quarter of the area

    Notes
    -----
    Borders are mirrored: nothing from outside the patch enters, nothing inside escapes.

    References
    ----------
    AIES 2020, "Deepfakes for Medical Video De-Identification": kernel of half the face box. FMP 2024: 1/4 of its area.
    """
    height, width = patch.shape[:2]
    size = (_odd(kernel * width), _odd(kernel * height))
    return cv2.blur(np.ascontiguousarray(patch), size, borderType=cv2.BORDER_REFLECT).astype(np.uint8, copy=False)


class BlurRenderer:
    """Blurs every face in place."""

    def __init__(self, kernel: float) -> None:
        self._kernel = kernel

    def render(self, frame: Frame, faces: tuple[Face, ...]) -> Frame:
        for face in faces:
            region = face_region(face.box, (frame.width, frame.height))
            filter_region(frame, region, partial(blurred, kernel=self._kernel))
        return frame


def prepare(clip: ClipTracks, parameters: Mapping[str, Any]) -> BlurRenderer:
    """Check the kernel.

    Raises
    ------
    BadParameters : the kernel is not a share from 0.25 to 1
    """
    kernel = parameters["kernel"]
    if not isinstance(kernel, int | float) or not 0.25 <= kernel <= 1:
        raise BadParameters(
            f"kernel must be a share of the face from 0.25 to 1, was {kernel!r}: 0.5 is the published one."
        )
    return BlurRenderer(float(kernel))


def _odd(value: float) -> int:
    """The nearest odd number, at least 3: an even kernel would shift the picture by half a pixel."""
    return max(int(value // 2) * 2 + 1, 3)
