"""Whether anything of a head shows in frames of which the record says that it is masked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.streams import side_by_side

Picture = NDArray[np.uint8]
Array = NDArray[np.float64]

TOLERANCE = 4  # levels: encoding moves a pixel's value by this much
BLACK = 16  # levels: encoded masks, which are black, may shine that much
EDGE = 8  # pixels along the inner edge of a box that are not judged: codecs smear blocks across it


@dataclass(frozen=True, slots=True)
class Leak:
    """Pixels of masked heads that equal the original's."""

    n_masked: int  # frames
    n_pixels: int  # judged: in masked places, where the original is not as black as the mask itself
    n_equal: int
    share: float  # of the judged pixels, 0-1
    frames: tuple[int, ...]  # in which there is one or more

    @property
    def found(self) -> bool:
        return self.n_equal > 0


def find_leaks(
    originals: Iterable[Picture],
    renditions: Iterable[Picture],
    masked: NDArray[np.bool_],
    boxes: Sequence[Array] | Array | None = None,
) -> Leak:
    """Look for pixels of the original where the record says that nothing of it shows.

    A pixel leaks when it lies within 4 levels of the original's in all channels and is not as black as a mask (16
    levels). Pixels that are that black in the original itself tell nothing and are not judged.

    Parameters
    ----------
    originals, renditions : (h, w, 3) uint8 RGB, the same frames, one at a time
    masked : (n,) frames whose state says masked
    boxes : for each of n frames (4,) or (k, 4) x, y, width and height of the masked heads, pixels; NaN for frames that
        are masked whole, as is every frame without boxes

    Raises
    ------
    Unavailable : numbers or sizes differ, or no frame is masked: there is nothing to judge

    Notes
    -----
    Encoded at the product's own settings, masks give no such pixel, while of a frame let through raw more than half of
    the pixels are found.
    """
    masked = np.asarray(masked, bool)
    if not masked.any():
        raise Unavailable(f"none of {len(masked)} frames is masked: there is nothing in which a head could leak.")
    pixels = equal = 0
    frames: list[int] = []
    index = -1
    for index, (original, rendition) in enumerate(side_by_side(originals, renditions)):
        if index < len(masked) and masked[index]:
            judged, same = _judge(original, rendition, None if boxes is None else boxes[index])
            pixels, equal = pixels + judged, equal + same
            frames += [index] if same else []
    if index + 1 != len(masked):
        raise Unavailable(
            f"the videos have {index + 1} frames, the record tells of {len(masked)}: they do not belong together."
        )
    return Leak(int(masked.sum()), pixels, equal, equal / pixels if pixels else 0.0, tuple(frames))


def _judge(original: Picture, rendition: Picture, boxes: Array | None) -> tuple[int, int]:
    """Number of pixels that tell something in the masked places, and of those that equal the original's."""
    rows, columns, inside = _places(original.shape, boxes)
    mine, theirs = np.ascontiguousarray(original[rows, columns]), np.ascontiguousarray(rendition[rows, columns])
    if not mine.size:
        return 0, 0
    tells = inside & (_brightest(mine) > BLACK)
    same = (_brightest(np.asarray(cv2.absdiff(mine, theirs), np.uint8)) <= TOLERANCE) & (_brightest(theirs) > BLACK)
    return int(tells.sum()), int((tells & same).sum())


def _brightest(picture: Picture) -> Picture:
    """(h, w) greatest of the three channels."""
    red, green, blue = cv2.split(picture)
    return cv2.max(cv2.max(red, green), blue).astype(np.uint8, copy=False)


def _places(shape: tuple[int, ...], boxes: Array | None) -> tuple[slice, slice, NDArray[np.bool_]]:
    """Rows and columns that hold all boxes, and which of their pixels lie in one; the whole frame without boxes."""
    whole = slice(0, shape[0]), slice(0, shape[1])
    if boxes is None or not np.isfinite(boxes).all():
        return *whole, np.ones(shape[:2], bool)
    inside = np.zeros(shape[:2], bool)
    places = [_place(shape, box) for box in np.reshape(boxes, (-1, 4))]
    for place in places:
        inside[place] = True  # boxes that overlap: no pixel counts twice
    if not places:
        return slice(0, 0), slice(0, 0), inside[:0, :0]
    rows, columns = (
        slice(min(one.start for one in side), max(one.stop for one in side)) for side in zip(*places, strict=True)
    )
    return rows, columns, inside[rows, columns]


def _place(shape: tuple[int, ...], box: Array) -> tuple[slice, slice]:
    """Rows and columns of a box without its edge."""
    x, y, width, height = box
    places = []
    for start, length, limit in ((y, height, shape[0]), (x, width, shape[1])):
        first, last = max(int(np.ceil(start)), 0), min(int(start + length), limit)
        # At the picture's own border nothing smears in.
        first, last = first + EDGE if first > 0 else 0, last - EDGE if last < limit else limit
        places.append(slice(first, max(last, first)))
    return places[0], places[1]
