"""Phantoms as a training set: their aligned faces at 30 frames a second, with the pulse that was put into them."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.crops import cut_out
from deid.algorithms.donors import SHIPPED as DONORS
from deid.algorithms.donors import Donor, DonorFolder
from deid.algorithms.phantom.animate import Phantom
from deid.algorithms.phantom.record import SHIPPED as PHANTOMS
from deid.algorithms.phantom.spec import LIMITS, PhantomSpec
from deid.algorithms.training.errors import BadTrainingSet
from deid.algorithms.training.rppg.config import PulseData
from deid.algorithms.training.rppg.stretches import FPS, PARTS, Part, Stretch
from faces.alignment import aligning
from faces.mesh import five_points_of
from videoio.frames import Frame

FOLDERS = (PHANTOMS, DONORS)
LARGER = 2  # a picture's side over the crop's: a phantom's face fills half of its picture
# A recording's rates and amounts are drawn evenly between these: no rate tells a person.
BPM, AMPLITUDE, SWAY, NOISE = (48.0, 130.0), (0.008, 0.016), (0.3, 1.0), (0.5, 1.5)


def phantom_stretches(wish: PulseData, part: Part, folders: tuple[Path, ...] = FOLDERS) -> Iterator[Stretch]:
    """Stretches of each identity in turn; those of the test are recordings of their own.

    Raises
    ------
    BadTrainingSet : there are fewer identities than wished
    """
    count, seconds = (wish.recordings, wish.seconds) if part == "train" else (1, wish.test_seconds)
    for person, identity in enumerate(_identities(wish.identities, folders)):
        for number in range(count):
            rng = np.random.default_rng([wish.seed, PARTS.index(part), person, number])
            yield _stretch(person, identity, _spec(rng, seconds, wish.side), wish.side)


def _identities(count: int, folders: tuple[Path, ...]) -> Iterator[Donor]:
    opened = [DonorFolder.open(path) for path in folders]
    known = [(folder, name) for folder in opened for name in folder.names]
    if count > len(known):
        raise BadTrainingSet(
            f"{count} identities are wished and {len(known)} are there: wish for fewer, or build more."
        )
    return (folder.load(name) for folder, name in known[:count])


def _spec(rng: np.random.Generator, seconds: float, side: int) -> PhantomSpec:
    low, high, _ = LIMITS["size"]
    return PhantomSpec(
        seed=int(rng.integers(2**32)), task="speech" if rng.random() < 0.5 else "rest", seconds=seconds, fps=FPS,
        size=int(np.clip(LARGER * side, low, high)) // 2 * 2, pulse_bpm=float(rng.uniform(*BPM)),
        pulse_amplitude=float(rng.uniform(*AMPLITUDE)), sway=float(rng.uniform(*SWAY)),
        noise=float(rng.uniform(*NOISE)),
    )  # fmt: skip


def _stretch(person: int, identity: Donor, spec: PhantomSpec, side: int) -> Stretch:
    phantom = Phantom(spec, identity)
    pictures = [
        aligned(Frame.from_rgb(index, picture, index, Fraction(1, round(FPS))), points, side)
        for index, (picture, points) in enumerate(zip(phantom.frames(), phantom.truth.points, strict=True))
    ]
    pulse = phantom.script.pulse.astype(np.float32)
    return Stretch(person, identity.name, np.stack(pictures), pulse, spec.pulse_bpm)


def aligned(frame: Frame, mesh: NDArray[np.float64], side: int) -> NDArray[np.uint8]:
    """(side, side, 3) the face as the method cuts it out of a frame."""
    return cut_out(frame, aligning(five_points_of(mesh), side), side)
