"""Faces laid over one template by a similarity, so that motion of the head does not count as motion of the face."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.errors import Unavailable
from faces.alignment import TEMPLATE_112, five_points, similarities

Floats = NDArray[np.float64]

SIDE = 224  # pixels of the crop that FMP computes in
BLOCK = 512  # frames that are turned at once: a long video needs room for its result, not for what is made on the way


class Track(Protocol):
    """(n, k, 2) points of n frames: an array, or something that makes some of its frames as they are asked for.

    What is as long as a video need then not be held beside the tracks themselves.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, frames: "slice | NDArray[np.int_]", /) -> NDArray[Any]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Turned:
    """A track of (n, k, 2) points under (n,) similarities, made as it is asked for."""

    points: Floats
    a: NDArray[np.complex128]
    b: NDArray[np.complex128]

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, frames: "slice | NDArray[np.int_]", /) -> Floats:
        return moved(self.points[frames], self.a[frames], self.b[frames])

    def only(self, *places: int) -> Floats:
        """(n, len(places), 2) of some points, in all frames."""
        return moved(self.points[:, list(places)], self.a, self.b)


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Some frames of a track in a chosen order, made as they are asked for."""

    track: Track
    frames: NDArray[np.int_]

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, frames: "slice | NDArray[np.int_]", /) -> Floats:
        return self.track[self.frames[frames]]


def crops(points: Floats, side: int = SIDE) -> Turned:
    """(n, 68, 2) points in pixels of an aligned crop of `side` pixels, each frame by its own five points.

    Original and rendition are each aligned by their own points: with the original's for both, the jitter of its
    alignment would stand in both tracks and raise every correlation.

    References
    ----------
    Zhu et al. 2024 (FMP) compute dynamics in aligned crops of 224 pixels.
    """
    return Turned(points, *laid_over(points, five_points, TEMPLATE_112 * (side / 112)))


def laid_over(
    points: Floats, anchors: Callable[[Floats], Floats], wanted: Floats
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """(n,) similarities that carry each frame's anchors, some of its points or means of them, onto (m, 2) `wanted`."""
    a, b = np.empty(len(points), np.complex128), np.empty(len(points), np.complex128)
    for some in blocks(len(points)):
        a[some], b[some] = similarities(anchors(points[some]), wanted)
    return a, b


def blocks(n_frames: int) -> Iterator[slice]:
    """All frames, some at a time."""
    return (slice(start, start + BLOCK) for start in range(0, n_frames, BLOCK))


def moved(points: Floats, a: NDArray[np.complex128], b: NDArray[np.complex128]) -> Floats:
    """(n, k, 2) points under (n,) similarities."""
    turned = np.empty(points.shape)
    for some in blocks(len(points)):
        w = a[some, None] * (points[some, :, 0] + 1j * points[some, :, 1]) + b[some, None]
        turned[some, :, 0], turned[some, :, 1] = w.real, w.imag
    return turned


def known(track: Track) -> NDArray[np.bool_]:
    """(n,) frames in which all numbers of a track are known."""
    found = np.empty(len(track), bool)
    for some in blocks(len(track)):
        part = track[some]
        found[some] = np.isfinite(part.reshape(len(part), -1)).all(axis=1)
    return found


def index_of(frames: NDArray[np.bool_]) -> "slice | NDArray[np.bool_]":
    """An index of chosen frames, with which nothing is copied where all are chosen."""
    return slice(None) if frames.all() else frames


def common(*tracks: Track, least: int = 20, what: str = "points") -> NDArray[np.bool_]:
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
    each = [known(track) for track in tracks]
    for number, found in enumerate(each):
        if not found.any():
            side = "original" if number == 0 else "rendition"
            raise Unavailable(f"no face in the {side}: {what} were found in none of its {lengths[0]} frames.")
    both: NDArray[np.bool_] = np.logical_and.reduce(each)
    if both.sum() < least:
        raise Unavailable(f"fewer than {least} common frames: {what} were found on both sides in {both.sum()} frames.")
    return both
