"""What the finished pictures tell beside the face: measured over all trials, by role, and as an attack."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import chain

import numpy as np

from ratings.algorithms.sixface.bounds import Interval, exact
from ratings.algorithms.sixface.roles import Kind, Role, Trial, pairs
from ratings.algorithms.sixface.standardise import Traits

NAMES = tuple(each.name for each in fields(Traits))


@dataclass(frozen=True, slots=True)
class RoleGap:
    """How a role's pictures differ in a trait from the other five of their trial: mean, sd and number of pictures."""

    mean: float
    sd: float
    n: int


def role_gaps(shown: Sequence[tuple[Trial, Sequence[Traits]]]) -> Mapping[str, Mapping[Role, RoleGap]]:
    """By trait and role, over all trials."""
    found: dict[str, dict[Role, list[float]]] = {name: {} for name in NAMES}
    for trial, traits in shown:
        values = np.array([astuple(each) for each in traits])
        others = (values.sum(axis=0) - values) / (len(values) - 1)
        for role, row in zip(trial.roles, values - others, strict=True):
            for name, value in zip(NAMES, row, strict=True):
                found[name].setdefault(role, []).append(float(value))
    return {
        name: {role: RoleGap(float(np.mean(v)), float(np.std(v)), len(v)) for role, v in sorted(by_role.items())}
        for name, by_role in found.items()
    }


def found_by_traits(shown: Sequence[tuple[Trial, Sequence[Traits]]]) -> Interval:
    """How often the two pictures that are most alike in these traits are the de-identified face and its original.

    Somebody who pairs blindly finds them in 1 of 15 trials; clearly more means that the pictures tell it.
    """
    tests = [(trial, traits) for trial, traits in shown if trial.kind == Kind.TEST]
    if not tests:
        return exact(0, 0)
    every = np.array([astuple(each) for each in chain.from_iterable(traits for _, traits in tests)])
    scale = np.maximum(every.std(axis=0), 1e-9)
    right = 0
    for trial, traits in tests:
        values = np.array([astuple(each) for each in traits]) / scale
        nearest = min(pairs(), key=lambda pair: float(np.linalg.norm(values[pair[0]] - values[pair[1]])))
        right += nearest == trial.true_pair()
    return exact(right, len(tests))
