"""Frames of two videos side by side, one pair in memory at a time."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.errors import Unavailable

Picture = NDArray[np.uint8]


def side_by_side(originals: Iterable[Picture], renditions: Iterable[Picture]) -> Iterator[tuple[Picture, Picture]]:
    """Pairs of (h, w, 3) frames.

    Raises
    ------
    Unavailable : one of the videos ends early, or frames differ in size
    """
    for index, (original, rendition) in enumerate(zip_longest(originals, renditions)):
        if original is None or rendition is None:
            which = "original" if original is None else "rendition"
            raise Unavailable(
                f"the {which} ends after {index} frames, the other video goes on: they do not belong together."
            )
        if original.shape != rendition.shape:
            raise Unavailable(f"frames must be alike in size, were {original.shape} and {rendition.shape}.")
        yield original, rendition
