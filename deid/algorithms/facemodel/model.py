"""The statistical face model: people on one mean shape, in groups, with an axis of age."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deid.algorithms import meshwarp
from deid.algorithms.facemodel import aligned, forehead, layout
from deid.algorithms.facemodel.layout import Points
from deid.algorithms.facemodel.portrait import Image

Sex = Literal["f", "m"]
FEWEST = 12  # contributors: below, an identity is little more than a mixture of a few people
SMALLEST_GROUP = 4  # of one sex and listed ethnicity; smaller ones are put together
OTHER = "other"
UNKNOWN_AGE = 27.0  # for contributors whose age the list does not give


class TooFewFaces(ValueError):
    """The portraits do not make a model; the message says how many are missing."""


@dataclass(frozen=True, slots=True)
class Person:
    """A contributor: a usable portrait and what the list says."""

    key: str
    sex: Sex
    age: float | None
    origin: str  # as listed, "white", "east asian" ...; the first, where several are
    rgb: Image
    mesh: Points


@dataclass(frozen=True, slots=True)
class Group:
    """Contributors of one sex and listed ethnicity. `members` index the model's arrays."""

    name: str
    sex: Sex
    members: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FaceModel:
    """n contributors in the common frame.

    `shapes` (n, 468 + N_OUTLINE, 2) points in pixels; `portraits` (n, SIZE, SIZE, 3) uint8 on the mean shape, and
    `textures` the same with bare foreheads; `bodies` (n, SIZE, SIZE) 0-255, the person before the backdrop; `fringes`
    (n,) share of the forehead's inner part that hair covers; `cheeks` (n, 3) RGB; `ages` (n,) years.
    """

    keys: tuple[str, ...]
    mean: Points
    triangles: NDArray[np.int32]
    shapes: NDArray[np.float64]
    portraits: Image
    textures: Image
    bodies: Image
    fringes: NDArray[np.float64]
    cheeks: NDArray[np.float32]
    ages: NDArray[np.float64]
    groups: tuple[Group, ...]

    def kin(self, group: Group) -> NDArray[np.int64]:
        """All contributors of a group's sex: small groups alone have too few to vary about their mean."""
        return np.sort(np.concatenate([each.members for each in self.groups if each.sex == group.sex]))

    def group_of(self, number: int) -> Group:
        return next(group for group in self.groups if number in group.members)


def build(people: Sequence[Person]) -> FaceModel:
    """The model of these people.

    Raises
    ------
    TooFewFaces : fewer than FEWEST
    """
    if len(people) < FEWEST:
        raise TooFewFaces(f"{len(people)} usable faces; at least {FEWEST} are needed.")
    mean_mesh = layout.canonical([person.mesh[: layout.N_MESH, :2] for person in people])
    placed = [aligned.place(person.rgb, person.mesh, mean_mesh) for person in people]
    shapes = np.array([each.shape for each in placed])
    mean: Points = shapes.mean(axis=0)
    triangles = meshwarp.triangulate(aligned.with_border(mean))
    warped = [aligned.to_mean(each, mean, triangles) for each in placed]
    portraits = np.array([portrait for portrait, _ in warped])
    textures, fringes = forehead.bare_foreheads(portraits, mean)
    return FaceModel(
        tuple(person.key for person in people), mean, triangles, shapes, portraits, textures,
        np.array([body for _, body in warped]), fringes,
        np.stack([forehead.cheek_colour(texture, mean) for texture in textures]),
        np.array([UNKNOWN_AGE if person.age is None else person.age for person in people]),
        tuple(_groups(people)),
    )  # fmt: skip


def _groups(people: Sequence[Person]) -> Iterator[Group]:
    """The largest first."""
    sexes: tuple[Sex, ...] = ("f", "m")
    for sex in sexes:
        counted = Counter(person.origin for person in people if person.sex == sex)
        large = {origin for origin, count in counted.items() if count >= SMALLEST_GROUP}
        places: dict[str, list[int]] = {}
        for number, person in enumerate(people):
            if person.sex == sex:
                places.setdefault(person.origin if person.origin in large else OTHER, []).append(number)
        for origin, members in sorted(places.items(), key=lambda each: (-len(each[1]), each[0])):
            name = f"{'female' if sex == 'f' else 'male'}, {origin}"
            yield Group(name, sex, np.array(members, dtype=np.int64))
