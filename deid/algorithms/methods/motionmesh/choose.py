"""Choosing a donor: near in sex, age and skin, far in descriptor."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.donors import DonorFolder

CANDIDATES = 8  # donors that are tried, at most
NEIGHBOURS = 5  # donors that tell the sex where it is not given
STRANGER = 0.6  # dlib's own threshold: nearer donors look like the patient
SKIN_UNIT, LIGHTNESS_WEIGHT, AGE_UNIT = 10.0, 0.7, 15.0  # differences that count alike: CIELAB, years


@dataclass(frozen=True, slots=True)
class Patient:
    """What the choice knows. `descriptor` (128,) mean over frames; `skin` CIE L*a*b* of the cheeks in the video."""

    descriptor: NDArray[np.float64]
    skin: tuple[float, float, float]
    sex: Literal["f", "m"] | None = None
    age: float | None = None


def candidates(patient: Patient, folder: DonorFolder) -> list[str]:
    """Names of donors to try, the most alike in sex, age and skin first.

    Donors that a recogniser would take for the patient are left out, the nearest one always. A donor of the other sex
    is taken only where none of the same sex is left. The lightness of skin counts less: it hangs on the camera.

    Notes
    -----
    An unknown sex is that of most of the five donors that are nearest in descriptor; an unknown age does not count.
    """
    distance = np.linalg.norm(folder.descriptor - patient.descriptor, axis=1)
    nearest = np.argsort(distance, kind="stable")
    sex = patient.sex or _majority([folder.entries[number]["sex"] for number in nearest[:NEIGHBOURS]])
    far = [int(number) for number in nearest[1:] if distance[number] >= STRANGER] or [int(nearest[-1])]
    alike = [number for number in far if folder.entries[number]["sex"] == sex] or far
    return [folder.names[number] for number in sorted(alike, key=lambda each: _unlike(patient, folder, each))][
        :CANDIDATES
    ]


def _unlike(patient: Patient, folder: DonorFolder, number: int) -> float:
    entry = folder.entries[number]
    light, red, yellow = np.subtract(entry["skin"], patient.skin)
    skin = float(np.sqrt((LIGHTNESS_WEIGHT * light) ** 2 + red**2 + yellow**2)) / SKIN_UNIT
    years = 0.0 if patient.age is None else abs(float(entry["age"]) - patient.age) / AGE_UNIT
    return float(np.hypot(skin, years))


def _majority(words: list[str]) -> str:
    return max(sorted(set(words)), key=words.count)
