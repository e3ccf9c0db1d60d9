"""The statistical face model: people on one mean shape, in groups, with an axis of age."""

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
UNKNOWN_AGE = 27.0  # for contributors whose age the list does not give


class TooFewFaces(ValueError):
    """The portraits do not make a model; the message says how many are missing."""


@dataclass(frozen=True, slots=True)
class Person:
    """A contributor: a usable portrait and what the list says."""

    key: str
    sex: Sex
    age: float | None
    light: bool  # listed as white
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

    `shapes` (n, 468 + N_OUTLINE, 2) points in pixels; `textures` (n, SIZE, SIZE, 3) uint8 on the mean shape, foreheads
    bare; `bodies` (n, SIZE, SIZE) 0-255, the person before the backdrop; `untidy` (n,) hair that averages badly;
    `cheeks` (n, 3) RGB; `ages` (n,) years.
    """

    keys: tuple[str, ...]
    mean: Points
    triangles: NDArray[np.int32]
    shapes: NDArray[np.float64]
    textures: Image
    bodies: Image
    untidy: NDArray[np.float64]
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
    TooFewFaces : fewer than FEWEST in all, or in a group that is not empty fewer than three
    """
    if len(people) < FEWEST:
        raise TooFewFaces(f"{len(people)} usable faces; at least {FEWEST} are needed.")
    mean_mesh = layout.canonical([person.mesh[: layout.N_MESH, :2] for person in people])
    placed = [aligned.place(person.rgb, person.mesh, mean_mesh) for person in people]
    shapes = np.array([each.shape for each in placed])
    mean: Points = shapes.mean(axis=0)
    triangles = meshwarp.triangulate(aligned.with_border(mean))
    warped = [aligned.to_mean(each, mean, triangles) for each in placed]
    textures, fringes = forehead.bare_foreheads(np.array([texture for texture, _ in warped]), mean)
    untidy = np.array([each.untidy for each in placed]) + 0.3 * np.maximum(fringes - 0.3, 0)
    return FaceModel(
        tuple(person.key for person in people), mean, triangles, shapes, textures,
        np.array([body for _, body in warped]), untidy,
        np.stack([forehead.cheek_colour(texture, mean) for texture in textures]),
        np.array([UNKNOWN_AGE if person.age is None else person.age for person in people]),
        tuple(_groups(people)),
    )  # fmt: skip


def _groups(people: Sequence[Person]) -> Iterator[Group]:
    for sex in ("f", "m"):
        for light in (True, False):
            members = [n for n, person in enumerate(people) if person.sex == sex and person.light == light]
            if len(members) >= 3:
                name = f"{'female' if sex == 'f' else 'male'}, {'white' if light else 'other'}"
                yield Group(name, sex, np.array(members, dtype=np.int64))
