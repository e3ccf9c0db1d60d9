"""Choosing identities that are nobody: far from each other, from every contributor, and from those to avoid."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.facemodel.model import Group
from deid.algorithms.facemodel.opencv import cv2
from deid.algorithms.facemodel.portrait import Image, UnusablePortrait, check_neutral, single_mesh
from deid.algorithms.facemodel.sample import Recipe, Sampler
from faces import dlib_backend
from faces.mesh import FaceMesh

Descriptors = NDArray[np.float64]

APART = 0.65  # Euclidean distance of dlib's descriptors; below 0.6 it calls two faces one person
STRANGERS = 25.0  # percentile of real people's nearest-other distances that no identity comes nearer to a contributor
AGES = (27.0, 58.0, 38.0, 70.0, 48.0, 64.0, 32.0, 75.0)  # in turn: patients are older than the contributors
TRIES, PATIENCE = 30, 3  # draws for one age; ages in vain before a group is used up


@dataclass(frozen=True, slots=True)
class Identity:
    """A chosen identity and what was measured on its `picture`, which is decoded from `jpeg`.

    `nearest` distance to the nearest contributor; `apart` to the nearest identity chosen before, or to avoid.
    """

    recipe: Recipe
    sex: str
    jpeg: bytes
    picture: Image
    mesh: NDArray[np.float64]
    descriptor: Descriptors
    skin: tuple[float, float, float]
    nearest: float
    apart: float


class Unreachable(ValueError):
    """Fewer identities than asked for; the message says how many. `reached` holds them."""

    def __init__(self, message: str, reached: Sequence[Identity]) -> None:
        super().__init__(message)
        self.reached = tuple(reached)


def stranger_bound(contributors: Descriptors, percentile: float = STRANGERS) -> float:
    """How near strangers come: a percentile of the distances of real people to their nearest other."""
    apart = np.linalg.norm(contributors[:, None] - contributors[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return float(np.percentile(apart.min(axis=1), percentile))


def choose(
    sampler: Sampler, contributors: Descriptors, avoid: Descriptors, *, bound: float, count: int,
    seed: int, tries: int = TRIES, balanced: bool = False, spread: float = 1.0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Identity]:  # fmt: skip
    """`count` identities, one after the other: groups in turn, ages spread within each.

    Parameters
    ----------
    contributors : (n, 128) descriptors of the model's people
    avoid : (m, 128) descriptors that no identity may come near
    bound : least distance to a contributor; see stranger_bound
    spread : of the weights, 1 for people's own variance; more makes faces more unlike each other, and less usual
    balanced : as many of each sex, even where one sex is nearly used up
    tries : draws for one place; more reach further where identities crowd, and take longer

    Raises
    ------
    Unreachable : every group failed PATIENCE times to give an identity in `tries` draws
    """
    rng = np.random.default_rng(seed)
    groups = sorted(sampler.model.groups, key=lambda group: (group.name.endswith("other"), group.sex))
    ages = {group.name: iter(itertools.cycle(np.roll(AGES, -2 * n))) for n, group in enumerate(groups)}
    failures = {group.name: 0 for group in groups}
    chosen: list[Identity] = []
    with FaceMesh(static=True, n_faces=2) as tracker:
        while len(chosen) < count and groups:
            group = groups.pop(0)
            others = np.vstack([avoid, *(each.descriptor[None] for each in chosen)])
            age = float(next(ages[group.name]))
            found = _first_fitting(sampler, group, age, rng, (contributors, bound, others), tracker, (tries, spread))
            if found is None:
                failures[group.name] += 1
                if failures[group.name] < PATIENCE:
                    groups.append(group)
                continue
            groups.append(group)
            chosen.append(found)
            if balanced and 2 * sum(each.sex == group.sex for each in chosen) >= count:
                groups = [each for each in groups if each.sex != group.sex]
            if progress is not None:
                progress(len(chosen), count)
    if len(chosen) < count:
        raise Unreachable(
            f"{count} identities cannot be reached: {len(chosen)} are {APART:g} apart and no nearer than "
            f"{bound:.3f} to a contributor. Ask for fewer, allow more tries, or use more portraits.", chosen
        )  # fmt: skip
    return chosen


def _first_fitting(
    sampler: Sampler, group: Group, age: float, rng: np.random.Generator,
    far_from: tuple[Descriptors, float, Descriptors], tracker: FaceMesh, draws: tuple[int, float],
) -> Identity | None:  # fmt: skip
    contributors, bound, others = far_from
    tries, spread = draws
    for _ in range(tries):
        recipe = sampler.draw(group, age, rng, spread)
        data = encoded(sampler.render(recipe))
        picture = decoded(data)
        measured = measure(picture, tracker)
        if measured is None:
            continue
        mesh, descriptor = measured
        nearest = float(np.linalg.norm(contributors - descriptor, axis=1).min())
        apart = float(np.linalg.norm(others - descriptor, axis=1).min()) if len(others) else float("inf")
        if nearest >= bound + _MARGIN and apart >= APART + _MARGIN:
            return Identity(recipe, group.sex, data, picture, mesh, descriptor, skin_of(picture, mesh), nearest, apart)
    return None


_MARGIN = 0.003  # another build of the libraries moves descriptors a little
_QUALITY = 92


def encoded(picture: Image) -> bytes:
    """A picture as JPEG."""
    good, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not good:
        raise RuntimeError("the picture could not be encoded as JPEG.")
    return bytes(data)


def decoded(data: bytes) -> Image:
    """A picture as it is read back from its file: what is measured is what is shipped."""
    read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    result: Image = np.ascontiguousarray(read[:, :, ::-1])
    return result


def measure(picture: Image, tracker: FaceMesh) -> tuple[NDArray[np.float64], Descriptors] | None:
    """Mesh and descriptor of a neutral face; None where it is not one."""
    try:
        mesh = single_mesh(picture, tracker)
        check_neutral(mesh)
    except UnusablePortrait:
        return None
    descriptor = dlib_backend.descriptor(picture)
    return None if descriptor is None else (mesh, descriptor)


def skin_of(picture: Image, mesh: NDArray[np.float64]) -> tuple[float, float, float]:
    """CIE L*a*b* of the cheeks: the median over patches around points of them."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    mask = np.zeros(picture.shape[:2], np.uint8)
    radius = max(2, round(0.025 * float(np.linalg.norm(mesh[454, :2] - mesh[234, :2]))))
    for point in mesh[[50, 101, 205, 36, 280, 330, 425, 266], :2]:
        cv2.circle(mask, (round(point[0]), round(point[1])), radius, 1, -1)
    light, red, yellow = (round(float(v), 2) for v in np.median(lab[mask > 0], axis=0))
    return light, red, yellow


def summary(identities: Sequence[Identity]) -> dict[str, Any]:
    """Distances among the identities and to the contributors."""
    own = np.array([each.descriptor for each in identities])
    apart = np.linalg.norm(own[:, None] - own[None], axis=2)[np.triu_indices(len(own), 1)]
    nearest = np.array([each.nearest for each in identities])
    return {
        "pairwise_min": round(float(apart.min()), 4) if apart.size else None,
        "pairwise_median": round(float(np.median(apart)), 4) if apart.size else None,
        "nearest_contributor_min": round(float(nearest.min()), 4),
        "nearest_contributor_median": round(float(np.median(nearest)), 4),
    }
