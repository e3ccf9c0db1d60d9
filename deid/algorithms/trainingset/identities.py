"""Whether names of identities agree with dlib's descriptors: a check, not the rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faces.dlib_backend import SAME_PERSON

Floats = NDArray[np.float64]

ONE_PERSON = 0.35  # two names nearer than this are taken for one person


@dataclass(frozen=True, slots=True)
class Joined:
    """Two names that count as one identity, and how near they are."""

    name: str
    into: str
    distance: float


def of_another(descriptors: Sequence[Floats]) -> list[int]:
    """Which of one identity's descriptors are further than 0.6 from the middle of all: another person's, to dlib."""
    known = np.array(descriptors)
    middle = np.median(known, axis=0)
    return [number for number, each in enumerate(known) if np.linalg.norm(each - middle) > SAME_PERSON]


def joined(descriptors: Mapping[str, Sequence[Floats]]) -> list[Joined]:
    """Names whose middles lie within 0.35: single-linkage clusters, each under the first of its names.

    They must not be told apart in training, nor be divided between what is learned from and what is held out.
    """
    names = sorted(descriptors)
    middles = np.array([np.mean(descriptors[name], axis=0) for name in names])
    first = list(range(len(names)))
    found = []
    for here in range(len(names)):
        distances = np.linalg.norm(middles[:here] - middles[here], axis=1)
        for there in np.flatnonzero(distances < ONE_PERSON):
            one, two = first[here], first[there]
            if one != two:
                first = [min(one, two) if each in (one, two) else each for each in first]
                found.append((here, float(distances[there])))
    return [Joined(names[here], names[first[here]], distance) for here, distance in found]
