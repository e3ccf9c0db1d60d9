"""The head's own frame: what a face does, without where its head is."""

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.align import moved, similarities
from analysis.algorithms.fidelity.errors import Unavailable

Array = NDArray[np.float64]

# iBUG-68 points, 0-based. Bridge and base of the nose and the corners of the eyes hardly move with expression.
RIGID = (27, 28, 29, 30, 33, 36, 39, 42, 45)
RIGHT_EYE, LEFT_EYE = tuple(range(36, 42)), tuple(range(42, 48))  # the subject's
LOWER_LIP, CHIN = 66, 8  # middle of the inner lower lip, tip of the chin

# Points of MediaPipe's mesh that lie where the 68 lie; two are averaged. FACTS of the project, section 6.
MESH_OF_68 = (
    127, 234, 93, (132, 58), (58, 172), 136, 150, 176, 152, 400, 379, 365, (397, 288), 361, 323, 454, 356,
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300, (168, 6), (197, 195), 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 321, 314, 17, 84, 91, 78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip


def mesh_to_68(mesh: Array) -> Array:
    """(n, 68, 2) iBUG points of (n, 478, 2 or 3) meshes."""
    pairs = np.array([each if isinstance(each, tuple) else (each, each) for each in MESH_OF_68])
    return np.asarray(mesh[..., :2], np.float64)[:, pairs].mean(axis=2)


def head_relative(points: Array) -> Array:
    """Landmarks in an upright frame that moves with the head: shift, turn and scale of each frame are taken out.

    The frame is fitted to nine points that expression hardly moves (bridge and base of the nose, corners of the eyes)
    by a similarity, least squares; the line through the outer corners of the eyes is level, the middle between them
    is (0, 0).

    Parameters
    ----------
    points : (n, 68, 2) pixels of the full frame, NaN where no face was found

    Returns
    -------
    (n, 68, 2) pixels at the median size of the face, NaN as before

    Raises
    ------
    Unavailable : no frame has a face
    """
    found = np.isfinite(points).all(axis=(1, 2))
    if not found.any():
        raise Unavailable(f"landmarks are needed, but none of the {len(points)} frames has a face.")
    shapes = points[found]
    rigid = shapes[:, RIGID] - shapes[:, RIGID].mean(axis=1, keepdims=True)
    wanted = np.median(rigid, axis=0)
    for _ in range(2):  # the median of aligned shapes is the better shape to align to
        wanted = np.median(moved(rigid, *similarities(rigid, wanted)), axis=0)
    a, b = similarities(shapes[:, RIGID], wanted)
    level = moved(shapes, a, b)
    right, left = np.median(level[:, [36, 45]], axis=0)
    turn = np.exp(-1j * np.angle(complex(*(left - right))))
    relative = np.full(points.shape, np.nan)
    relative[found] = moved(level - (right + left) / 2, np.full(len(shapes), turn), np.zeros(len(shapes), complex))
    return relative


def eye_distance(aligned: Array) -> float:
    """Pixels between the outer corners of the eyes (about 90 mm), median over frames of `head_relative`."""
    return float(np.nanmedian(np.linalg.norm(aligned[:, 45] - aligned[:, 36], axis=1)))
