"""Videos of real people as stretches: the face cut out as the method does it, at 30 frames a second."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.training.errors import BadTrainingSet
from deid.algorithms.training.rppg.phantom_clips import aligned
from deid.algorithms.training.rppg.stretches import FPS, FRAMES, Stretch, chrom_pulse
from faces.mesh import FaceMesh
from videoio.errors import MediaError
from videoio.read import read_frames

TRAINED = 2 / 3  # of a video, its beginning
UNKNOWN = float("nan")


def video_stretches(path: Path, person: int, side: int) -> tuple[Stretch, Stretch]:
    """The part of a video to train on, and the later part to test on; nobody knows its heart rate.

    Raises
    ------
    BadTrainingSet : it cannot be read, or its longest stretch with a face is too short for a clip in either part
    """
    pictures, times = _longest(path, side)
    at = np.arange(times[0], times[-1], 1 / FPS)
    near = np.abs(times[None] - at[:, None]).argmin(axis=1) if len(at) else np.zeros(0, int)
    cut = round(len(near) * TRAINED)
    if min(cut, len(near) - cut) < FRAMES:
        raise BadTrainingSet(
            f"{path.name} shows a face for {len(near) / FPS:.1f} s without a gap; {3 * FRAMES / FPS:.1f} s are needed "
            "for a clip to train on and one to test on: leave it out."
        )
    even = pictures[near]
    parts = (even[:cut], even[cut:])
    first, second = (Stretch(person, path.stem, part, chrom_pulse(part), UNKNOWN) for part in parts)
    return first, second


def _longest(path: Path, side: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """(n, side, side, 3) and (n,) seconds of the longest stretch in which a face was found in every frame."""
    best: list[tuple[NDArray[np.uint8], float]] = []
    here: list[tuple[NDArray[np.uint8], float]] = []
    try:
        for face in _faces(path, side):
            here = [*here, face] if face is not None else []
            best = here if len(here) > len(best) else best
    except MediaError as error:
        raise BadTrainingSet(f"{path.name} cannot be trained on: {error}") from error
    if not best:
        raise BadTrainingSet(f"{path.name} shows no face: leave it out.")
    pictures, times = zip(*best, strict=True)
    return np.stack(pictures), np.array(times)


def _faces(path: Path, side: int) -> Iterator[tuple[NDArray[np.uint8], float] | None]:
    with FaceMesh() as mesh:
        for frame in read_frames(path):
            found = mesh.landmarks(frame.rgb)
            yield None if found is None else (aligned(frame, found, side), frame.time)
