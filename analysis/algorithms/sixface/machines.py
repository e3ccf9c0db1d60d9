"""The same trials answered by recognisers: the two nearest of six when they are near enough, else "no two"."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.identity import ARCFACE, DLIB, Recogniser, distances
from faces.dlib_backend import descriptor_at, landmarks68
from faces.protocol import FaceBox, FaceDescriber
from ratings.algorithms.sixface.roles import Role, pairs
from ratings.algorithms.sixface.standardise import FACE

Floats = NDArray[np.float64]
Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Machine:
    """A recogniser and what describes faces for it; without a describer it is dlib."""

    recogniser: Recogniser
    describer: FaceDescriber | None = None

    def describe(self, pictures: Sequence[Picture]) -> Floats:
        """(n, d) descriptors of standardised pictures. The face stands where the template puts it, so a face that no
        detector would find is described as well."""
        rows = []
        for picture in pictures:
            points = landmarks68(picture, FaceBox(*FACE))
            assert points is not None  # noqa: S101 - with a box there are always points
            rows.append(
                descriptor_at(picture, points) if self.describer is None else self.describer.describe(picture, points)
            )
        return np.stack(rows)


@dataclass(frozen=True, slots=True)
class MachineAnswer:
    """`pair` is the nearest two when `distance` is at most the threshold, else None."""

    pair: tuple[int, int] | None
    nearest: tuple[int, int]
    distance: float


def machines(describer: FaceDescriber | None = None) -> tuple[Machine, ...]:
    """Every recogniser at hand: dlib, and ArcFace where its weights are present (`faces.arcface.in_store`)."""
    return (Machine(DLIB), *(() if describer is None else (Machine(ARCFACE, describer),)))


def picks_original(descriptors: Floats, roles: Sequence[Role], recogniser: Recogniser) -> bool:
    """Whether, of the original and the controls, the original is nearest to the de-identified face; chance is one in
    as many as they are. It needs no threshold and no source competes."""
    apart = distances(descriptors, descriptors, recogniser)[roles.index(Role.DEIDENTIFIED)]
    able = [place for place, role in enumerate(roles) if role in (Role.ORIGINAL, Role.CONTROL)]
    return roles[min(able, key=lambda place: float(apart[place]))] == Role.ORIGINAL


def answer(descriptors: Floats, recogniser: Recogniser) -> MachineAnswer:
    """What a recogniser answers to the (6, d) descriptors of a trial."""
    apart = distances(descriptors, descriptors, recogniser)
    nearest = min(pairs(), key=lambda pair: (float(apart[pair]), pair))
    distance = float(apart[nearest])
    return MachineAnswer(nearest if distance <= recogniser.threshold else None, nearest, distance)
