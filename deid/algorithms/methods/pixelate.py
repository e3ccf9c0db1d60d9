"""The face as a grid of large squares."""

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

BLOCK_MIN = 8  # luma pixels; 16 cells over a face of 40 pixels would hide nothing


def pixelated(patch: NDArray[np.uint8], cells: tuple[int, int]) -> NDArray[np.uint8]:
    """Average over a grid and spread each average over its cell.

    Parameters
    ----------
    patch : (h, w) or (h, w, c) uint8
    cells : columns and rows

    References
    ----------
    FMP 2024: pixelation to 16x16.
    """
    height, width = patch.shape[:2]
    columns, rows = min(cells[0], width), min(cells[1], height)
    small = cv2.resize(np.ascontiguousarray(patch), (columns, rows), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.uint8, copy=False)


class PixelateRenderer:
    """Pixelates every face in place."""

    def __init__(self, cells: int) -> None:
        self._cells = cells

    def render(self, frame: Frame, faces: tuple[Face, ...]) -> Frame:
        for face in faces:
            region = face_region(face.box, (frame.width, frame.height))
            cells = (self._fitting(region.width), self._fitting(region.height))
            filter_region(frame, region, partial(pixelated, cells=cells))
        return frame

    def _fitting(self, side: int) -> int:
        return max(min(self._cells, side // BLOCK_MIN), 1)


def prepare(clip: ClipTracks, parameters: Mapping[str, Any]) -> PixelateRenderer:
    """Check the number of cells.

    Raises
    ------
    BadParameters : cells is not a whole number from 1 to 32
    """
    cells = parameters["cells"]
    if isinstance(cells, bool) or not isinstance(cells, int) or not 1 <= cells <= 32:
        raise BadParameters(f"cells must be a whole number from 1 to 32, was {cells!r}: 16 is the published one.")
    return PixelateRenderer(cells)
