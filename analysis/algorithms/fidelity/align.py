"""Faces laid over one template by a similarity, so that motion of the head does not count as motion of the face."""

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.errors import Unavailable
from faces.alignment import TEMPLATE_112, five_points, similarities

Floats = NDArray[np.float64]

FIRST_INNER = 17  # of the 51 iBUG points without the jaw
SIDE = 224  # pixels of the crop that FMP computes in
BLOCK = 512  # frames that are turned at once: a long video needs room for its result, not for what is made on the way


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
    turned = np.empty(points.shape)
    for start in range(0, len(points), BLOCK):
        some = slice(start, start + BLOCK)
        w = a[some, None] * (points[some, :, 0] + 1j * points[some, :, 1]) + b[some, None]
        turned[some, :, 0], turned[some, :, 1] = w.real, w.imag
    return turned


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
