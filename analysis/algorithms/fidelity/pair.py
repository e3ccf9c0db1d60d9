"""A rendition and its original, with all that metrics are computed from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.align import Chosen, Track, common, crops
from analysis.algorithms.fidelity.dynamics import pair_motion
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.tracks import FaceTracks

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """What metrics are computed from.

    Attributes
    ----------
    original, rendition : tracks; reencoded : of the original through the encoder alone, None where there is none
    original_path, rendition_path, reencoded_path : the videos, for metrics of pictures
    strangers : by kind of descriptor ("descriptors", "periocular", "head"), (s, 128) of other people
    others : tracks of other people's videos
    donor : (128,) descriptor of the face that was put in place, None where there is none
    states : of each frame, from the certificate ("covered", "withheld", ...); empty where there is none
    masks : of each frame (k, 4) boxes that are masked in it, from the certificate; None where it does not say so
    """

    original: FaceTracks
    rendition: FaceTracks
    reencoded: FaceTracks | None = None
    original_path: Path | None = None
    rendition_path: Path | None = None
    reencoded_path: Path | None = None
    strangers: Mapping[str, Floats] = field(default_factory=dict)
    others: tuple[FaceTracks, ...] = ()
    donor: Floats | None = None
    states: tuple[str, ...] = ()
    masks: tuple[Floats, ...] | None = None

    @property
    def floor_aligned(self) -> Floats | None:
        """(1275, 2) motion that re-encoding alone makes, pixels of the aligned crop."""
        return None if self.reencoded is None else _floor(crops(self.original.points), crops(self.reencoded.points))

    @property
    def floor(self) -> Floats | None:
        """(1275, 2) the same in pixels of the full frame."""
        return None if self.reencoded is None else _floor(self.original.points, self.reencoded.points)

    def as_ceiling(self) -> "Pair":
        """The re-encoded original in the rendition's place: as good as any rendition can be.

        Raises
        ------
        Unavailable : there is none
        """
        if self.reencoded is None:
            raise Unavailable("no ceiling: the original was not re-encoded.")
        return replace(
            self, rendition=self.reencoded, rendition_path=self.reencoded_path, donor=None, states=(), masks=None
        )


def _floor(original: Track, reencoded: Track) -> Floats | None:
    try:
        known = np.flatnonzero(common(original, reencoded))
    except Unavailable:
        return None
    return pair_motion(Chosen(original, known), Chosen(reencoded, known)).difference_sd
