"""Faces laid over one template by a similarity, so that motion of the head does not count as motion of the face."""

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.errors import Unavailable

Floats = NDArray[np.float64]

FIRST_INNER = 17  # of the 51 iBUG points without the jaw
SIDE = 224  # pixels of the crop that FMP computes in
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


def aligned(points: Floats, side: int = SIDE) -> Floats:
    """(n, 68, 2) points in pixels of an aligned crop of `side` pixels, each frame by its own five points.

    Original and rendition are each aligned by their own points: with the original's for both, the jitter of its
    alignment would stand in both tracks and raise every correlation.

    References
    ----------
    Zhu et al. 2024 (FMP) compute dynamics in aligned crops of 224 pixels.
    """
    return moved(points, *similarities(five_points(points), TEMPLATE_112 * (side / 112)))


def moved(points: Floats, a: NDArray[np.complex128], b: NDArray[np.complex128]) -> Floats:
    """(n, k, 2) points under (n,) similarities."""
    w = a[:, None] * (points[..., 0] + 1j * points[..., 1]) + b[:, None]
    return np.stack([w.real, w.imag], axis=-1)


def common(*tracks: Floats, least: int = 20, what: str = "points") -> NDArray[np.bool_]:
    """(n,) frames in which every track is known.

    Parameters
    ----------
    tracks : (n, ...) with NaN where nothing was found; the first is the original's

    Raises
    ------
    Unavailable : numbers of frames differ, one never shows a face, or fewer than `least` frames are common
    """
    lengths = [len(track) for track in tracks]
    if len(set(lengths)) > 1:
        raise Unavailable(
            f"different frame counts: the original has {lengths[0]} frames, the other {lengths[1]}; give two versions "
            "of one recording."
        )
    known = [np.isfinite(track.reshape(len(track), -1)).all(axis=1) for track in tracks]
    for number, found in enumerate(known):
        if not found.any():
            side = "original" if number == 0 else "rendition"
            raise Unavailable(f"no face in the {side}: {what} were found in none of its {lengths[0]} frames.")
    both: NDArray[np.bool_] = np.logical_and.reduce(known)
    if both.sum() < least:
        raise Unavailable(f"fewer than {least} common frames: {what} were found on both sides in {both.sum()} frames.")
    return both
