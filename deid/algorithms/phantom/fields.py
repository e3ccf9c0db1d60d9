"""Where everything moves: displacement fields of a face, in its own coordinates.

Coordinates are in face heights (forehead to chin), the origin is in the middle of the mouth, x points to the right of
the picture (the subject's left), y down. Every movement is a coefficient times a fixed field, and the fields are added.
The lips cut the plane: above and below the line of the closed lips the jaw's field differs, beyond the corners of the
mouth it does not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faces.mesh import LEFT_EYE, RIGHT_EYE

Array = NDArray[np.float64]

# A coefficient of 1 moves the lower lip (jaw), a brow or the head by a face height, turns by a radian, smiles fully.
BASES = (
    "jaw", "smile_right", "smile_left", "pucker", "brow_right", "brow_left",
    "shift_x", "shift_y", "turn", "scale", "yaw", "pitch",
)  # fmt: skip
UPPER_INNER = (191, 80, 81, 82, 13, 312, 311, 310, 415)
LOWER_INNER = (95, 88, 178, 87, 14, 317, 402, 318, 324)
CORNERS = (78, 308)
# All points of each lip but for the corners; where the line of the lips is uncertain they still know their side.
UPPER_LIP = (*UPPER_INNER, 12, 38, 41, 42, 268, 271, 272, 11, 37, 39, 40, 267, 269, 270, 0)
LOWER_LIP = (*LOWER_INNER, 146, 91, 181, 84, 17, 314, 405, 321, 375, 96, 89, 179, 86, 15, 316, 403, 319, 325, 77, 90,
             180, 85, 16, 315, 404, 320, 307)  # fmt: skip
BROWS = ((70, 63, 105, 66, 107, 46, 53, 52, 65, 55), (300, 293, 334, 296, 336, 276, 283, 282, 295, 285))
TOP, CHIN, NOSE_BASE, SIDES = 10, 152, 2, (234, 454)
NECK_PIVOT, SHOULDERS = 0.55, 0.2  # the head turns about the neck; the shoulders follow by this share


@dataclass(frozen=True, slots=True)
class FaceFrame:
    """Face coordinates of one picture. `origin` (2,) and `height` in pixels; `turn` (2, 2), columns are the axes."""

    origin: Array
    height: float
    turn: Array

    @classmethod
    def of(cls, mesh: Array) -> "FaceFrame":
        right, left = (mesh[list(eye), :2].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE))
        across = (left - right) / np.linalg.norm(left - right)
        height = float(np.linalg.norm(mesh[TOP, :2] - mesh[CHIN, :2]))
        turn = np.array([[across[0], -across[1]], [across[1], across[0]]])
        return cls(mesh[list(CORNERS), :2].mean(axis=0), height, turn)

    def to_face(self, points: Array) -> Array:
        """(..., 2) pixels to face coordinates."""
        inside: Array = (points - self.origin) @ self.turn / self.height
        return inside

    def to_picture(self, points: Array) -> Array:
        """(..., 2) face coordinates to pixels."""
        return self.origin + self.vectors(points)

    def vectors(self, vectors: Array) -> Array:
        """(..., 2) displacements in face heights to pixels."""
        turned: Array = (vectors @ self.turn.T) * self.height
        return turned


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Where the parts are, in face coordinates. `seam` polynomial of the lips' line over u = (x - middle) / half."""

    seam: Array
    middle: float
    half: float
    nose: float
    chin: float
    side: float
    corners: Array
    brows: Array

    @classmethod
    def of(cls, points: Array) -> "Anatomy":
        """From the (478, 2) mesh in face coordinates."""
        corners = points[list(CORNERS)]
        middle, half = float(corners[:, 0].mean()), float(np.ptp(corners[:, 0]) / 2)
        line = np.concatenate([corners, (points[list(UPPER_INNER)] + points[list(LOWER_INNER)]) / 2])
        seam = np.polyfit((line[:, 0] - middle) / half, line[:, 1], 4)
        brows = np.array([points[list(brow)].mean(axis=0) for brow in BROWS])
        side = float(np.ptp(points[list(SIDES), 0]) / 2)
        return cls(seam, middle, half, float(points[NOSE_BASE, 1]), float(points[CHIN, 1]), side, corners, brows)

    def across(self, points: Array) -> Array:
        """(...) place along the mouth, -1 and 1 at its corners."""
        along: Array = (points[..., 0] - self.middle) / self.half
        return along

    def below(self, points: Array) -> Array:
        """(...) signed distance under the lips' line, face heights."""
        under: Array = points[..., 1] - np.polyval(self.seam, np.clip(self.across(points), -1, 1))
        return under

    def cut(self, points: Array) -> Array:
        """(...) how far the lips can part here: 1 in the middle, 0 at the corners and beyond."""
        open_: Array = (1 - np.clip(np.abs(self.across(points)), 0, 1) ** 2.5) ** 1.3  # leaves the corners smoothly
        return open_


def ramp(x: Array, start: float, end: float) -> Array:
    """Smooth step from 0 at `start` to 1 at `end`, with continuous curvature."""
    t = np.clip((x - start) / (end - start), 0, 1)
    step: Array = t * t * t * (t * (6 * t - 15) + 10)
    return step


def hill(points: Array, centre: Array, width: float, height: float) -> Array:
    """A Gaussian hill of height 1 with the given standard-deviation-like scales."""
    top: Array = np.exp(-(((points[..., 0] - centre[0]) / width) ** 2) - ((points[..., 1] - centre[1]) / height) ** 2)
    return top


def fields(anatomy: Anatomy, points: Array, lower: bool | NDArray[np.bool_] = False) -> Array:
    """All displacement fields at some points.

    Parameters
    ----------
    points : (..., 2) face coordinates
    lower : which side of the lips' line the points are on; (...) or one for all. Matters for the jaw alone

    Returns
    -------
    (n_bases, ..., 2) displacement in face heights for a coefficient of 1, in the order of `BASES`
    """
    jaw = _jaw(anatomy, points, lower)
    face = [_vertical(jaw), *(_smile(anatomy, points, side) for side in (0, 1)), _pucker(anatomy, points)]
    face += [_vertical(-hill(points, brow, 0.16, 0.085)) for brow in anatomy.brows]
    return np.stack(face + _head(anatomy, points))


def _vertical(y: Array) -> Array:
    return np.stack([np.zeros_like(y), y], axis=-1)


def _jaw(anatomy: Anatomy, points: Array, lower: bool | NDArray[np.bool_]) -> Array:
    """1 at lower lip and chin, 0 at the upper lip's middle, less towards the ears, fading down the neck."""
    below = anatomy.below(points)
    seam = float(np.polyval(anatomy.seam, 0.0))
    joined = ramp(below, -0.8 * (seam - anatomy.nose), 0.55 * (anatomy.chin - seam))
    cut = anatomy.cut(points)
    weight = np.where(lower, joined + (1 - joined) * cut, joined * (1 - cut))
    sideways = 1 - ramp(np.abs(points[..., 0] - anatomy.middle) / anatomy.side, 0.35, 1.05)
    neck = 1 - ramp(points[..., 1], anatomy.chin + 0.02, anatomy.chin + 0.4)
    moved: Array = weight * sideways * neck
    return moved


def _smile(anatomy: Anatomy, points: Array, side: int) -> Array:
    """The corner goes outwards and up, the cheek above it rises."""
    outwards = -1.0 if side == 0 else 1.0
    corner = anatomy.corners[side]
    cheek = corner + np.array([0.1 * outwards, -0.16])
    pull, rise = hill(points, corner, 0.15, 0.12), hill(points, cheek, 0.14, 0.12)
    return np.stack([outwards * 0.042 * pull, -0.038 * pull - 0.02 * rise], axis=-1)


def _pucker(anatomy: Anatomy, points: Array) -> Array:
    across = points[..., 0] - anatomy.middle
    inwards = -0.3 * across * hill(points, np.array([anatomy.middle, 0.0]), 0.2, 0.12)
    return np.stack([inwards, np.zeros_like(inwards)], axis=-1)


def _head(anatomy: Anatomy, points: Array) -> list[Array]:
    """Shift, turn about the neck, nearness, and the parallax of a small turn of the head (yaw, pitch)."""
    reach = np.hypot(points[..., 0] / 0.62, (points[..., 1] + 0.4) / 0.8)
    head = 1 - ramp(reach, 0.95, 2.0)
    body = SHOULDERS * ramp(points[..., 1], 0.25, 0.75)
    weight = (head + (1 - head) * body)[..., None]
    x, y = points[..., 0], points[..., 1]
    about = np.stack([-(y - NECK_PIVOT), x], axis=-1)
    away = np.stack([x, y - NECK_PIVOT], axis=-1)
    nose = hill(points, np.array([0.0, anatomy.nose - 0.05]), 0.12, 0.12)
    depth = hill(points, np.array([0.0, -0.25]), 0.42, 0.6) + 0.3 * nose
    still = np.zeros_like(x)
    shift_x, shift_y = (weight * np.array(axis) for axis in ((1.0, 0.0), (0.0, 1.0)))
    return [
        shift_x, shift_y, weight * about, weight * away,
        np.stack([depth, still], axis=-1), np.stack([still, depth], axis=-1),
    ]  # fmt: skip
