"""The common frame that all portraits are brought into: points, places, and the similarity between two sets."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from faces.mesh import OVAL

Points = NDArray[np.float64]

SIZE = 768  # pixels a side in which the model lives; donors are reduced to PICTURE
PICTURE = 512
N_MESH = 468  # irises follow the eyes and take no part in the alignment
FACE_WIDTH = 0.41  # of the picture, between the points 234 and 454
EYES_AT = 0.405  # height of the point between the eyes (168), of the picture
# The head's outline is met by rays from between the eyes: degrees from straight up, the subject's right negative.
# Beyond 90 they follow the ears, and end before the shoulders.
RAYS = tuple(range(-120, 121, 10))
EAR_REACH = 0.78  # face widths
NECK_ROWS = (0.10, 0.22)  # below the chin, in face widths: the neck's two edges
SHOULDER_COLUMNS = (0.62, 0.85, 1.08)  # beside the middle, in face widths: the shoulders' upper edge
N_OUTLINE = len(RAYS) + 2 * len(NECK_ROWS) + 2 * len(SHOULDER_COLUMNS)
RIGHT_SIDE, LEFT_SIDE, CHIN, BROW_TOP, BETWEEN_EYES = 234, 454, 152, 10, 168
CHEEKS = (50, 101, 205, 36, 280, 330, 425, 266)


def border(size: int = SIZE) -> Points:
    """(16, 2) fixed points on the picture's edge, so that the warp covers all of it."""
    steps = np.linspace(0, size, 5)
    ends = np.array([0.0, float(size)])
    sides = [(x, y) for x in steps for y in ends] + [(x, y) for x in ends for y in steps[1:-1]]
    return np.array(sides, dtype=np.float64)


def similarity(source: Points, target: Points) -> NDArray[np.float64]:
    """(2, 3) rotation, scale and shift that brings (n, 2) points nearest to others in least squares (Umeyama 1991)."""
    a, b = (points[:, 0] + 1j * points[:, 1] for points in (source, target))
    centred = a - a.mean()
    turn = np.vdot(centred, b - b.mean()) / np.vdot(centred, centred)
    shift = b.mean() - turn * a.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def moved(points: Points, transform: NDArray[np.float64]) -> Points:
    """(n, 2) points under a (2, 3) transform."""
    result: Points = points @ transform[:, :2].T + transform[:, 2]
    return result


def canonical(shapes: Sequence[Points], rounds: int = 3) -> Points:
    """(468, 2) mean of shapes under similarity (generalised Procrustes), upright, symmetric about the middle of the
    frame, of FACE_WIDTH and with the eyes at EYES_AT."""
    mean = _placed(shapes[0])
    for _ in range(rounds):
        mean = _placed(np.mean([moved(shape, similarity(shape, mean)) for shape in shapes], axis=0))
    return mean


def _placed(shape: Points) -> Points:
    across = shape[LEFT_SIDE] - shape[RIGHT_SIDE]
    scale = FACE_WIDTH * SIZE / np.hypot(*across)
    cosine, sine = across / np.hypot(*across)
    turned = (shape - shape[BETWEEN_EYES]) @ np.array([[cosine, -sine], [sine, cosine]]) * scale
    turned[:, 0] -= turned[[RIGHT_SIDE, LEFT_SIDE], 0].mean()
    placed: Points = turned + np.array([SIZE / 2, EYES_AT * SIZE])
    return placed


def oval(shape: Points) -> Points:
    """(36, 2) closed outline of the face."""
    return shape[list(OVAL)]
