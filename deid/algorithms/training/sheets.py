"""Sheets of pictures: what a network makes of some faces, beside the faces."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.training.errors import TrainingError
from deid.algorithms.training.folder import replace_file
from videoio.frames import RGB

GAP = 2  # pixels of white between pictures


def sheet(rows: Sequence[NDArray[np.float32]]) -> RGB:
    """Rows of pictures under one another.

    Parameters
    ----------
    rows : each (n, 3, h, w) levels 0-1, all of one shape
    """
    n, _, height, width = rows[0].shape
    made = np.full((len(rows) * (height + GAP) - GAP, n * (width + GAP) - GAP, 3), 255, np.uint8)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            top, left = y * (height + GAP), x * (width + GAP)
            levels = np.moveaxis(np.clip(np.nan_to_num(picture), 0, 1), 0, -1)
            made[top : top + height, left : left + width] = (levels * 255 + 0.5).astype(np.uint8)
    return made


def marked(pictures: NDArray[np.float32], points: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """(n, 3, h, w) levels with (n, k, 2) points drawn in, red."""
    made = pictures.copy()
    height, width = pictures.shape[-2:]
    for picture, places in zip(made, points, strict=True):
        x, y = np.clip(np.round(places), 0, (width - 1, height - 1)).astype(int).T
        picture[:, y, x] = np.array((1.0, 0.1, 0.1), np.float32)[:, None]
    return made


def write_sheet(path: Path, picture: RGB) -> None:
    """A PNG file, whole or not at all; DiskFull where it does not fit."""
    fine, content = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not fine:
        raise TrainingError(f"no PNG can be made of a sheet of {picture.shape}.")
    replace_file(path, lambda file: file.write(content.tobytes()))
