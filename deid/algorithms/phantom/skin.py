"""Where skin is, how light it is, and the colour of a heart beat in it."""

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.phantom.fields import BROWS, Anatomy, hill
from deid.algorithms.phantom.geometry import FaceGeometry
from deid.algorithms.phantom.pixels import Values, filled, hull, softened
from faces.mesh import LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_EYE

Array = NDArray[np.float64]

# Strength of the pulse in red, green and blue over green's: green is absorbed most by blood.
# Source: de Haan & van Leest 2014, "Improved motion robustness of remote-PPG by using the blood volume pulse
# signature", whose signature is (0.33, 0.77, 0.53) for a camera's RGB of normalised colour.
PULSE_COLOUR = np.array([0.33, 0.77, 0.53]) / 0.77
LUMA = np.array([0.2126, 0.7152, 0.0722])  # ITU-R BT.709
MEAN_SKIN = 150.0  # luma of the mean face for which the mouth's colours were chosen


def skin_mask(mesh: Array, shape: tuple[int, int]) -> Values:
    """(h, w) 0-1: the face without eyes, brows and lips, with soft edges, for a mesh in pixels of that picture."""
    parts = [mesh[list(part)] for part in (RIGHT_EYE, LEFT_EYE, OUTER_LIPS)]
    parts += [hull(mesh[list(brow)]) for brow in BROWS]
    mask = filled(shape, [mesh[list(OVAL)]])
    mask[filled(shape, parts) > 0] = 0
    height = float(np.linalg.norm(mesh[10, :2] - mesh[152, :2]))
    return softened(mask, max(1, round(0.01 * height)), max(0.8, 0.012 * height))


def light_of(picture: NDArray[np.uint8], mask: Values) -> float:
    """Brightness of the skin over that of a mean face."""
    mean = float((picture @ LUMA)[mask > 0.9].mean())
    return mean / MEAN_SKIN


class Shading:
    """Light and shadow of a smile: the fold from nose to mouth deepens, the cheek above it catches light.

    Parameters
    ----------
    face : geometry of the frames
    side, finer : of the still, pixels and pixels per pixel of a frame
    """

    def __init__(self, face: FaceGeometry, side: int, finer: float) -> None:
        axis = (np.arange(side) + 0.5) / finer - 0.5
        points = face.frame.to_face(np.stack(np.meshgrid(axis, axis), axis=-1))
        self._maps = [_smile_light(face.anatomy, points, which).astype(np.float32) for which in (0, 1)]

    def at(self, smiles: tuple[float, float]) -> Values | None:
        """(side, side) factor of the still's light for smiles of the subject's right and left; None without a smile."""
        if max(smiles) < 0.01:
            return None
        right, left = (np.float32(max(smile, 0.0)) for smile in smiles)
        shade: Values = 1 + right * self._maps[0] + left * self._maps[1]
        return shade


def _smile_light(anatomy: Anatomy, points: Array, side: int) -> Array:
    outwards = -1.0 if side == 0 else 1.0
    corner = anatomy.corners[side]
    top = np.array([anatomy.middle + 0.105 * outwards, anatomy.nose - 0.03])
    end = corner + np.array([0.055 * outwards, 0.01])
    along = np.clip((points - top) @ (end - top) / ((end - top) @ (end - top)), 0, 1)
    bulge = np.array([0.02 * outwards, 0.0]) * (4 * along * (1 - along))[..., None]
    away = points - (top + along[..., None] * (end - top) + bulge)
    fold = np.exp(-((away**2).sum(axis=-1)) / 0.022**2) * (0.3 + 2.8 * along * (1 - along))
    cheek = hill(points, corner + np.array([0.09 * outwards, -0.15]), 0.09, 0.06)
    light: Array = 0.05 * cheek - 0.1 * fold
    return light
