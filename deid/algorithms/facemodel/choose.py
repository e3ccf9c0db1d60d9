"""Choosing identities that are nobody: far from each other, from every contributor, and from those to avoid."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.facemodel import heads
from deid.algorithms.facemodel.model import Group
from deid.algorithms.facemodel.opencv import cv2
from deid.algorithms.facemodel.portrait import Image, UnusablePortrait, check_neutral, single_mesh
from deid.algorithms.facemodel.sample import MANY, Recipe, Sampler
from faces import dlib_backend
from faces.mesh import FaceMesh

Descriptors = NDArray[np.float64]

APART = 0.65  # Euclidean distance of dlib's descriptors; below 0.6 it calls two faces one person
STRANGERS = 25.0  # percentile of real people's nearest-other distances that no identity comes nearer to a contributor
# In turn: patients are older than the contributors.
AGES = (62.0, 33.0, 70.0, 47.0, 27.0, 66.0, 54.0, 75.0)
TRIES, PATIENCE = 30, 3  # draws for one age; ages in vain before a group is used up


@dataclass(frozen=True, slots=True)
class Identity:
    """A chosen identity, the name of its `draw`, and what was measured on its `picture`, decoded from `jpeg`.

    `nearest` distance to the nearest contributor; `apart` to the nearest identity chosen before, or to avoid.
    """

    draw: str
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


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `seed`, `tries` for one place (more reach further where identities crowd, and take longer);
    `spread` of the weights, 1 for people's own variance (more makes faces more unlike each other, and less usual);
    `balanced` as many of each sex; `turned_down` names of draws that a person looked at and did not find natural."""

    count: int
    seed: int
    tries: int = TRIES
    spread: float = 1.0
    balanced: bool = False
    turned_down: frozenset[str] = frozenset()


@dataclass(slots=True)
class Place:
    """Whose turn it is: a group with the next number, from which age, lender and random numbers follow. So the draws of
    a place are the same whatever became of the places before it."""

    number: int
    group: Group
    lenders: NDArray[np.int64]
    turn: int = 0
    failures: int = 0

    def draws(self, sampler: Sampler, wish: Wish) -> Iterator[tuple[str, Recipe]]:
        """Recipes with their names, for the present turn."""
        age = AGES[(self.turn + 2 * self.number) % len(AGES)]
        lender = int(self.lenders[self.turn % len(self.lenders)])
        for number in range(wish.tries):
            name = f"{self.number}.{self.turn}.{number}"
            if name not in wish.turned_down:
                rng = np.random.default_rng([wish.seed, self.number, self.turn, number])
                yield name, sampler.draw(self.group, age, lender, rng, wish.spread)


@dataclass(frozen=True, slots=True)
class FarFrom:
    """What identities must stay away from: `contributors` (n, 128), by `bound`; `others` (m, 128), by APART."""

    contributors: Descriptors
    bound: float
    others: Descriptors

    def distances(self, descriptor: Descriptors) -> tuple[float, float] | None:
        """To the nearest contributor and other; None if one is too small."""
        nearest = float(np.linalg.norm(self.contributors - descriptor, axis=1).min())
        apart = np.linalg.norm(self.others - descriptor, axis=1)
        least = float(apart.min()) if apart.size else float("inf")
        return (nearest, least) if nearest >= self.bound + _MARGIN and least >= APART + _MARGIN else None


def choose(
    sampler: Sampler, contributors: Descriptors, avoid: Descriptors, *, bound: float, wish: Wish,
    progress: Callable[[int, int], None] | None = None,
) -> list[Identity]:  # fmt: skip
    """Identities, one after the other: groups in turn, ages and lenders in turn within each.

    Parameters
    ----------
    contributors : (n, 128) descriptors of the model's people
    avoid : (m, 128) descriptors that no identity may come near
    bound : least distance to a contributor; see stranger_bound

    Raises
    ------
    Unreachable : every group failed PATIENCE times to give an identity in as many draws as are tried
    """
    queue = _places(sampler, wish.seed)
    chosen: list[Identity] = []
    with FaceMesh(static=True, n_faces=2) as tracker:
        while len(chosen) < wish.count and queue:
            place = queue.pop(0)
            others = np.vstack([avoid, *(each.descriptor[None] for each in chosen)])
            found = _first_fitting(sampler, place, wish, FarFrom(contributors, bound, others), tracker)
            place.turn += 1
            place.failures += found is None
            if place.failures < PATIENCE:
                queue.append(place)
            if found is None:
                continue
            chosen.append(found)
            if wish.balanced and 2 * sum(each.sex == found.sex for each in chosen) >= wish.count:
                queue = [each for each in queue if each.group.sex != found.sex]
            if progress is not None:
                progress(len(chosen), wish.count)
    if len(chosen) < wish.count:
        raise Unreachable(
            f"{wish.count} identities cannot be reached: {len(chosen)} are {APART:g} apart and no nearer than "
            f"{bound:.3f} to a contributor. Ask for fewer, allow more tries, or use more portraits.", chosen
        )  # fmt: skip
    return chosen


def _places(sampler: Sampler, seed: int) -> list[Place]:
    """Groups of both sexes in turn, the largest first; those of MANY members, who give more, twice."""
    rank = {
        id(group): sum(other.sex == group.sex for other in sampler.model.groups[:number])
        for number, group in enumerate(sampler.model.groups)
    }
    groups = sorted(sampler.model.groups, key=lambda group: (rank[id(group)], group.sex))
    places = []
    for number, group in enumerate(groups):
        able = heads.lenders(sampler.model, group)
        places.append(Place(number, group, np.random.default_rng([seed, number]).permutation(able)))
    return [*places, *(place for place in places if len(place.group.members) >= MANY)]


def _first_fitting(sampler: Sampler, place: Place, wish: Wish, far_from: FarFrom, tracker: FaceMesh) -> Identity | None:
    for name, recipe in place.draws(sampler, wish):
        data = encoded(sampler.render(recipe))
        picture = decoded(data)
        measured = measure(picture, tracker)
        distances = far_from.distances(measured[1]) if measured is not None else None
        if measured is None or distances is None:
            continue
        mesh, descriptor = measured
        return Identity(
            name, recipe, place.group.sex, data, picture, mesh, descriptor, skin_of(picture, mesh), *distances
        )
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


def nearest_others(identities: Sequence[Identity]) -> NDArray[np.float64]:
    """(n,) distance of each identity to the nearest other one; infinite for a single one."""
    own = np.array([each.descriptor for each in identities])
    apart = np.linalg.norm(own[:, None] - own[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest: NDArray[np.float64] = apart.min(axis=1)
    return nearest


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
