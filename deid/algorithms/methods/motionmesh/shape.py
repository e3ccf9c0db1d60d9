"""Pose and shape of face meshes, and the donor's identity as an offset from the patient's neutral shape."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.methods.motionmesh.topology import HOLES, N_FACE
from faces.mesh import LEFT_EYE, OVAL, RIGHT_EYE, RIGID

Points = NDArray[np.float64]
# Pairs of points that mirror each other, subject's right first: their direction is the head's left-right axis.
MIRRORED = ((33, 263), (130, 359), (234, 454), (127, 356), (93, 323), (162, 389))
KEPT_REACH, FREE_REACH = 0.015, 0.11  # distance from eyelids and inner lips, in face widths: own shape, donor's shape
OUTLINE_SHARE, OUTLINE_REACH = 0.5, 0.15  # at the outline only this share of the donor; distance over which it fades
FRONTAL_DEG = 20.0  # frames that are turned less than this tell the neutral shape


@dataclass(frozen=True, slots=True)
class Pose:
    """x -> scale * rotation @ x + shift, from a shape's own frame to the picture."""

    scale: float
    rotation: Points  # (3, 3)
    shift: Points  # (3,)

    def project(self, points: Points) -> Points:
        """(n, 3) points of the shape's frame in the picture's."""
        placed: Points = self.scale * points @ self.rotation.T + self.shift
        return placed

    def turned(self, offsets: Points) -> Points:
        """(n, 3) offsets of the shape's frame in the picture's."""
        placed: Points = self.scale * offsets @ self.rotation.T
        return placed

    def undo(self, points: Points) -> Points:
        """(n, 3) points of the picture in the shape's frame."""
        back: Points = (points - self.shift) @ self.rotation / self.scale
        return back


# Points of the mesh: brows from their inner ends to their highest points.
RIGHT_BROW, LEFT_BROW = (107, 105), (336, 334)


def fit_pose(shape: Points, seen: Points) -> Pose:
    """The similarity that carries one (n, 3) point set onto another with least squares.

    References
    ----------
    Umeyama 1991, "Least-squares estimation of transformation parameters between two point patterns".
    """
    middle, goal = shape.mean(axis=0), seen.mean(axis=0)
    one, two = shape - middle, seen - goal
    left, stretch, right = np.linalg.svd(two.T @ one / len(one))
    sign = np.ones(3)
    sign[2] = np.sign(np.linalg.det(left) * np.linalg.det(right)) or 1.0
    rotation = left @ np.diag(sign) @ right
    scale = float((stretch * sign).sum() / one.var(axis=0).sum())
    return Pose(scale, rotation, goal - scale * rotation @ middle)


def fit_head(shape: Points, seen: Points) -> Pose:
    """The pose by the points that expression hardly moves."""
    return fit_pose(shape[list(RIGID)], seen[list(RIGID)])


def turn_degrees(meshes: Points) -> Points:
    """Turn to the side in degrees, unsigned, of (..., n, 3) meshes; 0 looks into the camera."""
    one, two = np.array(MIRRORED).T
    axis = (meshes[..., two, :] - meshes[..., one, :]).mean(axis=-2)
    across = np.hypot(axis[..., 0], axis[..., 1])
    degrees: Points = np.degrees(np.arctan2(np.abs(axis[..., 2]), across))
    return degrees


def brow_slant_degrees(meshes: Points) -> Points:
    """How far the brows rise outwards, mean of both, in degrees, of (..., n, 3) meshes that look into the camera."""
    along = meshes[..., LEFT_EYE[0], :2] - meshes[..., RIGHT_EYE[0], :2]  # outer corners
    across = np.stack([along[..., 1], -along[..., 0]], axis=-1)  # up the face
    total = np.zeros(meshes.shape[:-2])
    for side, (inner, outer) in ((-1, RIGHT_BROW), (1, LEFT_BROW)):
        brow = meshes[..., outer, :2] - meshes[..., inner, :2]
        total += np.degrees(np.arctan2((brow * across).sum(-1), side * (brow * along).sum(-1)))
    return total / 2


def neutral_shape(meshes: Sequence[Points]) -> Points:
    """The (468, 3) median shape of meshes, in the frame of the one that looks most into the camera.

    Medians of coordinates after alignment by the head: expressions that last less than half of the frames vanish.
    """
    stack = np.asarray(meshes, dtype=np.float64)[:, :N_FACE]
    turn = turn_degrees(stack)
    frontal = stack[turn <= max(FRONTAL_DEG, float(np.partition(turn, min(9, len(turn) - 1))[min(9, len(turn) - 1)]))]
    reference = stack[int(turn.argmin())]
    neutral: Points = np.median([fit_head(reference, mesh).undo(mesh) for mesh in frontal], axis=0)
    return neutral


def identity_offset(neutral: Points, donor: Points, strength: float) -> Points:
    """What to add to the patient's shape so that it becomes the donor's.

    Parameters
    ----------
    neutral : (468, 3) the patient's neutral shape
    donor : (468 or more, 3) the donor's neutral mesh, any position and size
    strength : 1 gives the donor's shape, 0 the patient's

    Returns
    -------
    (468, 3) offsets in the frame of `neutral`. Each eye's outline and the inner lips are moved as a whole: apertures,
    asymmetries and the way lips part stay the patient's own. At the
    outline the offset is halved: it has to agree with hair, ears and neck, which are the patient's.
    """
    placed = fit_head(donor[:N_FACE], neutral).project(donor[:N_FACE])
    width = float(np.ptp(neutral[list(OVAL), 0]))
    inward = _step(_away(neutral, OVAL) / width, 0.0, OUTLINE_REACH)
    offset = strength * (OUTLINE_SHARE + (1 - OUTLINE_SHARE) * inward) * (placed - neutral)
    result = offset.copy()
    for hole in HOLES:
        free = _step(_away(neutral, hole) / width, KEPT_REACH, FREE_REACH)
        result = free * result + (1 - free) * offset[list(hole)].mean(axis=0)
    for hole in HOLES:
        result[list(hole)] = offset[list(hole)].mean(axis=0)
    return result


def normals(points: Points, triangles: NDArray[np.int32]) -> Points:
    """(n, 3) unit normals of a mesh's points, averages over their triangles; they look at the camera from a face that
    does, to -z."""
    corners = points[triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    across *= -np.sign(across[:, 2:] + 1e-12)  # the strips over eyes and mouth are not all wound alike
    total = np.zeros_like(points)
    for corner in range(3):
        np.add.at(total, triangles[:, corner], across)
    unit: Points = total / (np.linalg.norm(total, axis=1, keepdims=True) + 1e-12)
    return unit


def _away(points: Points, outline: Sequence[int]) -> Points:
    """(n, 1) distance in the plane of the picture to the nearest point of an outline."""
    between = points[:, None, :2] - points[list(outline)][None, :, :2]
    away: Points = np.linalg.norm(between, axis=2).min(axis=1)[:, None]
    return away


def _step(value: Points, low: float, high: float) -> Points:
    """0 up to `low`, 1 from `high` on, smooth between."""
    share = np.clip((value - low) / (high - low), 0, 1)
    smooth: Points = share * share * (3 - 2 * share)
    return smooth
