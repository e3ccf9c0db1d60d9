"""Mean colour of regions of bare skin, which carries the pulse."""

import cv2
import numpy as np
from numpy.typing import NDArray

from faces.mesh import LEFT_EYE, LEFT_LIDS, OUTER_LIPS, OVAL, RIGHT_EYE, RIGHT_LIDS
from videoio.frames import RGB

SKIN_REGIONS = ("forehead", "right_cheek", "left_cheek", "all")
# Outlines on the mesh: between brows and hair; from under the eye to the corner of the mouth. Right is the subject's.
FOREHEAD = (103, 67, 109, 10, 338, 297, 332, 333, 299, 337, 151, 108, 69, 104)
RIGHT_CHEEK = (117, 118, 100, 142, 203, 206, 207, 187, 123)
LEFT_CHEEK = (346, 347, 329, 371, 423, 426, 427, 411, 352)
HOLES = (RIGHT_EYE, LEFT_EYE, RIGHT_LIDS, LEFT_LIDS, OUTER_LIPS)


def skin_colours(rgb: RGB, mesh: NDArray[np.float64]) -> NDArray[np.float64]:
    """(4, 3) mean RGB, 0-255, of `SKIN_REGIONS` of an (h, w, 3) picture; NaN where a region has no pixel.

    "all" is the face's oval without eyes, lids and mouth.

    Parameters
    ----------
    mesh : (478, 3) pixels of the picture, NaN where no face was found
    """
    colours = np.full((len(SKIN_REGIONS), 3), np.nan)
    if not np.isfinite(mesh).all():
        return colours
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    left, top = np.floor(low).astype(int).clip(0)
    right, bottom = np.ceil(high).astype(int) + 1
    part = rgb[top:bottom, left:right]
    if not part.size:
        return colours
    place = np.round(mesh[:, :2] - (left, top)).astype(np.int32)
    for number, outline in enumerate((FOREHEAD, RIGHT_CHEEK, LEFT_CHEEK, OVAL)):
        mask = np.zeros(part.shape[:2], np.uint8)
        cv2.fillPoly(mask, [place[list(outline)]], (255,))
        if outline is OVAL:
            cv2.fillPoly(mask, [place[list(OVAL)]], (255,))
            for hole in HOLES:
                cv2.fillPoly(mask, [place[list(hole)]], (0,))
        if mask.any():
            colours[number] = cv2.mean(part, mask)[:3]
    return colours
