"""Painting on YUV planes: black boxes, whole frames, and filters applied to one region of all three planes."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.regions import Region
from videoio.frames import Frame

NEUTRAL = 128  # chroma without colour
Patch = NDArray[np.uint8]


def patches(frame: Frame, region: Region) -> Iterator[Patch]:
    """Views of a region in Y, U and V; chroma has half the rows and columns."""
    for plane, step in zip(frame.planes, (1, 2, 2), strict=True):
        rows = slice(region.top // step, region.bottom // step)
        yield plane[rows, region.left // step : region.right // step]


def filter_region(frame: Frame, region: Region, treat: Callable[[Patch], Patch]) -> None:
    """Replace a region of all three planes by what `treat` makes of it; nothing outside changes.

    The filters used here are linear or pick averages, so that treating Y, U and V is treating R, G and B.
    """
    if region.width == 0 or region.height == 0:
        return
    for patch in patches(frame, region):
        patch[:] = treat(patch)


def black_out(frame: Frame, region: Region) -> None:
    """An opaque black rectangle."""
    for patch, value in zip(patches(frame, region), (frame.colour.black, NEUTRAL, NEUTRAL), strict=True):
        patch[:] = value


def blend(target: Patch, under: NDArray[np.generic], over: NDArray[Any], share: NDArray[Any]) -> None:
    """Write `over` into a view of a plane as far as `share` (0 to 1) says, and `under` for the rest; all (h, w)."""
    mixed = under + (over - under) * share
    target[:] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


def withhold(frame: Frame) -> Frame:
    """A new frame of the same size and time that holds nothing of the picture: black."""
    luma, blue, red = frame.planes
    planes = (
        np.full_like(luma, frame.colour.black), np.full_like(blue, NEUTRAL), np.full_like(red, NEUTRAL),
    )  # fmt: skip
    return Frame(frame.index, planes, frame.width, frame.height, frame.pts, frame.time_base, frame.colour)
