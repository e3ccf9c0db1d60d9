"""The head's own frame: what a face does, without where its head is."""

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.align import Turned, known, laid_over, moved
from analysis.algorithms.fidelity.errors import Unavailable
from faces.alignment import similarities

Array = NDArray[np.float64]

# iBUG-68 points, 0-based. Bridge and base of the nose and the corners of the eyes hardly move with expression.
RIGID = (27, 28, 29, 30, 33, 36, 39, 42, 45)
OUTER_CORNERS = (36, 45)  # of the eyes
RIGHT_EYE, LEFT_EYE = tuple(range(36, 42)), tuple(range(42, 48))  # the subject's
LOWER_LIP, CHIN = 66, 8  # middle of the inner lower lip, tip of the chin


def head_relative(points: Array) -> Turned:
    """Landmarks in an upright frame that moves with the head: shift, turn and scale of each frame are taken out.

    The frame is fitted to nine points that expression hardly moves (bridge and base of the nose, corners of the eyes)
    by a similarity, least squares; the line through the outer corners of the eyes is level, the middle between them
    is (0, 0).

    Parameters
    ----------
    points : (n, 68, 2) pixels of the full frame, NaN where no face was found

    Returns
    -------
    The track of (n, 68, 2) in pixels at the median size of the face, NaN as before, made as it is asked for

    Raises
    ------
    Unavailable : no frame has a face
    """
    found = known(points)
    if not found.any():
        raise Unavailable(f"landmarks are needed, but none of the {len(points)} frames has a face.")
    corners = points[:, RIGID][found]
    rigid = corners - corners.mean(axis=1, keepdims=True)
    wanted = np.median(rigid, axis=0)
    for _ in range(2):  # the median of aligned shapes is the better shape to align to
        wanted = np.median(moved(rigid, *similarities(rigid, wanted)), axis=0)
    # NaN where no face was found, and so is what is moved there.
    a, b = laid_over(points, lambda some: some[:, RIGID], wanted)
    right, left = np.nanmedian(moved(points[:, OUTER_CORNERS], a, b), axis=0)
    turn = np.exp(-1j * np.angle(complex(*(left - right))))
    return Turned(points, turn * a, turn * (b - complex(*(right + left)) / 2))


def eye_distance(head: Turned) -> float:
    """Pixels between the outer corners of the eyes (about 90 mm), median over frames of `head_relative`."""
    right, left = head.only(*OUTER_CORNERS).transpose(1, 0, 2)
    return float(np.nanmedian(np.linalg.norm(left - right, axis=1)))
