"""Faces laid over one template by five points, as recognisers and published metrics want them."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# ArcFace's template at 112 pixels: eyes, tip of the nose, corners of the mouth; the first of each pair is the subject's
# right.
TEMPLATE_112 = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)
RIGHT_EYE, LEFT_EYE, NOSE_TIP, RIGHT_CORNER, LEFT_CORNER = slice(36, 42), slice(42, 48), 30, 48, 54


def five_points(points: Floats) -> Floats:
    """(n, 5, 2) middles of the eyes, tip of the nose and corners of the mouth of (n, 68, 2) points."""
    eyes = [points[:, eye].mean(axis=1) for eye in (RIGHT_EYE, LEFT_EYE)]
    return np.stack([*eyes, points[:, NOSE_TIP], points[:, RIGHT_CORNER], points[:, LEFT_CORNER]], axis=1)


def similarities(source: Floats, target: Floats) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Least-squares similarity (turn, scale, shift; no mirror) of each of n point sets onto a target.

    With points as complex numbers z it is a z + b; its closed form is Umeyama's in the plane.

    Parameters
    ----------
    source : (n, k, 2); target : (k, 2) or (n, k, 2)

    Returns
    -------
    a, b : (n,) complex; |a| is the scale, its angle the turn
    """
    z, w = source[..., 0] + 1j * source[..., 1], target[..., 0] + 1j * target[..., 1]
    middle_z, middle_w = z.mean(axis=-1, keepdims=True), w.mean(axis=-1, keepdims=True)
    z, w = z - middle_z, w - middle_w
    with np.errstate(invalid="ignore"):  # NaN where nothing was found stays NaN
        a = (np.conj(z) * w).sum(axis=-1) / (np.abs(z) ** 2).sum(axis=-1)
    return a, (middle_w[..., 0] - a * middle_z[..., 0])


def template(side: int) -> Floats:
    """(5, 2) the template in a square crop of `side` pixels.

    Crops of a multiple of 112 are cut like the recognisers' own; others are 8 pixels wider at each side at 128.

    References
    ----------
    insightface's crops: 112 and 224 for recognisers and generators, 128 for inswapper.
    """
    if side % 112 == 0:
        return TEMPLATE_112 * (side / 112)
    return (TEMPLATE_112 + np.array((8.0, 0.0))) * (side / 128)


def aligning(five: Floats, side: int) -> Floats:
    """(2, 3) matrix that brings the (5, 2) points of a face onto the template of a crop of `side` pixels.

    Raises
    ------
    ValueError : the points are no face: they all lie in one place, or one is not known
    """
    (a,), (b,) = similarities(np.asarray(five)[None], template(side))
    matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    if not np.isfinite(matrix).all() or abs(a) < 1e-6:
        raise ValueError("five points that no face can have")
    return matrix
