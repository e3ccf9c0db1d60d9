"""Who may stand beside a participant as a control: anybody, as published, or people who are like him."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import dist

from ratings.algorithms.ordering import Infeasible

SAME_PERSON = 0.3  # descriptors nearer than this are taken for one person entered twice, whatever the recogniser


class Matching(StrEnum):
    """RANDOM as published; MATCHED on sex, age band and descriptor: harder for the judge, and the fairer question."""

    RANDOM = "random"
    MATCHED = "matched"


@dataclass(frozen=True, slots=True)
class Person:
    """A participant whose original face may be shown.

    Attributes
    ----------
    sex : as the cohort codes it; empty when unknown
    age : years; None when unknown
    descriptor : numbers that tell who it is, compared by Euclidean distance; empty when there are none
    """

    participant: int
    sex: str = ""
    age: float | None = None
    descriptor: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """What matched controls have in common with the target: sex, an age within `years`, and of those the `nearest` by
    descriptor. Half of the candidates are taken where there are fewer than twice `nearest`, but never fewer than
    `least`: with all of them nothing would be matched by descriptor."""

    years: float = 10.0
    nearest: int = 12
    least: int = 5


def pool(
    target: Person, people: Sequence[Person], matching: Matching, likeness: Likeness | None = None
) -> tuple[int, ...]:
    """Participants who may be controls of a target, the most alike first (in order of number where nothing is matched).

    Raises
    ------
    Infeasible : "unknown" (matching needs what is not known of the target) or "pool" (fewer than four are left)
    """
    others = [person for person in people if person.participant != target.participant]
    found = sorted(person.participant for person in others) if matching == Matching.RANDOM else _alike(
        target, others, likeness or Likeness()
    )  # fmt: skip
    if len(found) < 4:
        raise Infeasible("pool", participant=target.participant, n=len(found), needed=4, of=len(others))
    return tuple(found)


def _alike(target: Person, others: Sequence[Person], likeness: Likeness) -> list[int]:
    missing = [name for name in ("sex", "age", "descriptor") if getattr(target, name) in ("", None, ())]
    if missing:
        raise Infeasible("unknown", participant=target.participant, what=", ".join(missing))
    near = [person for person in others if _same_band(target, person, likeness.years) and person.descriptor]
    distance = {person.participant: dist(target.descriptor, person.descriptor) for person in near}
    order = sorted((number for number in distance if distance[number] > SAME_PERSON), key=lambda n: (distance[n], n))
    return order[: max(likeness.least, min(likeness.nearest, len(order) // 2))]


def _same_band(target: Person, person: Person, years: float) -> bool:
    if person.sex != target.sex or person.age is None or target.age is None:
        return False
    return abs(person.age - target.age) <= years
