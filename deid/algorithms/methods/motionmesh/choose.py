"""Choosing a donor: near in sex, age and skin, far in descriptor."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.donors import DonorFolder
from deid.algorithms.methods.motionmesh.shape import brow_slant_degrees

CANDIDATES = 6  # donors that are tried, at most
GROUP_UNIT = 0.1  # difference of distances to the middles of groups that counts like a unit of skin or age
PROMISING = 0.75  # a swapped face comes about nine tenths as far as its donor is
ALIKE = 1.2  # how much less alike than the most alike donor one may be, before distance counts
STRANGER = 0.6  # dlib's own threshold: nearer donors look like the patient
OLD = 50.0  # years
CALM_DEG = 14.0  # brows that rise by more look angry, the more so on another face; donors' mean is 5, their sd 4
SKIN_UNIT, HUE_WEIGHT, AGE_UNIT = 15.0, 0.5, 15.0  # differences that count alike: CIELAB, years
# A light donor in the dark looks natural; a dark one who is lit up gets blotches, for his contrast is lit up as well.
LIGHTER_WEIGHT, DARKER_WEIGHT = 0.7, 2.0


@dataclass(frozen=True, slots=True)
class Patient:
    """What the choice knows. `descriptor` (128,) mean over frames; `skin` CIE L*a*b* of the cheeks in the video."""

    descriptor: NDArray[np.float64]
    skin: tuple[float, float, float]
    sex: Literal["f", "m"] | None = None
    age: float | None = None


def candidates(patient: Patient, folder: DonorFolder) -> list[str]:
    """Names of donors to try, at most `CANDIDATES`: those that are alike, then the others."""
    alike, others = alike_and_others(patient, folder)
    return [*alike, *others][:CANDIDATES]


def alike_and_others(patient: Patient, folder: DonorFolder) -> tuple[list[str], list[str]]:
    """Names of donors: of those alike in sex, age, skin and group first the ones far enough for a swap to pass,
    the most alike foremost, then the others, the farthest foremost; last those who are not alike.

    Donors that a recogniser would take for the patient are left out, the nearest one always. A donor of the other sex
    is taken only where none of the same sex is left: the farthest of all would look grotesque. Skin in a video hangs on
    lamp and camera, so its hue counts less, and the groups that the donors were made from count beside it: how far the
    patient is from their middles.

    Notes
    -----
    An unknown sex is that of the donors whose middle is nearer in descriptor. Where the age is unknown, donors count as
    unlike by their years over 50: old skin on a young head looks wrong at once, young skin on an old one does not.
    """
    distance = np.linalg.norm(folder.descriptor - patient.descriptor, axis=1)
    nearest = np.argsort(distance, kind="stable")
    sex = patient.sex or _likely_sex(patient, folder)
    far = [int(number) for number in nearest[1:] if distance[number] >= STRANGER] or [int(nearest[-1])]
    alike = [number for number in far if folder.entries[number]["sex"] == sex] or far
    slant = brow_slant_degrees(folder.mesh)
    alike = [number for number in alike if slant[number] <= CALM_DEG] or alike
    groups = _groups(patient, folder)
    unlike = {each: _unlike(patient, folder, each) + float(groups[each]) for each in alike}
    bound = min(unlike.values()) + ALIKE

    def place(each: int) -> tuple[bool, bool, float]:
        near = bool(distance[each] < PROMISING)
        return unlike[each] > bound, near, -float(distance[each]) if near else unlike[each]

    order = sorted(alike, key=place)
    split = sum(unlike[each] <= bound for each in order)
    names = [folder.names[number] for number in order]
    return names[:split], names[split:]


def _groups(patient: Patient, folder: DonorFolder) -> NDArray[np.float64]:
    """(n,) how much farther each donor's group is from the patient than the nearest group; 0 where none is named."""
    names = np.array([str(entry.get("group", "")) for entry in folder.entries])
    middles = {name: folder.descriptor[names == name].mean(axis=0) for name in set(names.tolist())}
    away = np.array([np.linalg.norm(middles[name] - patient.descriptor) for name in names.tolist()])
    farther: NDArray[np.float64] = (away - away.min()) / GROUP_UNIT
    return farther


def _unlike(patient: Patient, folder: DonorFolder, number: int) -> float:
    entry = folder.entries[number]
    light, red, yellow = np.subtract(entry["skin"], patient.skin)
    light *= LIGHTER_WEIGHT if light > 0 else DARKER_WEIGHT
    skin = float(np.sqrt(light**2 + (HUE_WEIGHT * red) ** 2 + (HUE_WEIGHT * yellow) ** 2)) / SKIN_UNIT
    age = float(entry["age"])
    years = (max(age - OLD, 0.0) if patient.age is None else abs(age - patient.age)) / AGE_UNIT
    return float(np.hypot(skin, years))


def _likely_sex(patient: Patient, folder: DonorFolder) -> str:
    """Right on all development clips, where a vote of nearest neighbours was not."""
    sexes = np.array([entry["sex"] for entry in folder.entries])
    away = {
        sex: float(np.linalg.norm(folder.descriptor[sexes == sex].mean(axis=0) - patient.descriptor))
        for sex in sorted(set(sexes.tolist()))
    }
    return min(away, key=lambda sex: away[sex])
