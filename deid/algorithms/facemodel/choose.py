"""Choosing identities that are nobody: far from each other, from every contributor, and from those to avoid."""

import itertools
from collections import Counter
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
ENOUGH = 4  # of a group, so that a patient's like is found who looks otherwise
TRIES = 12  # draws for one age of a group


@dataclass(frozen=True, slots=True)
class Identity:
    """A chosen identity, the name of its `draw`, and what was measured on its `picture`, decoded from `jpeg`.

    `nearest` distance to the nearest contributor.
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
    """What is asked for. `seed`; `tries` for one age of a group (more find more that are apart, and take longer);
    `spread` of the weights, 1 for people's own variance (more makes faces more unlike each other, and less usual);
    `balanced` as many of each sex; `only` names of the draws to choose from, those that a person looked at and found
    natural; None for all."""

    count: int
    seed: int
    tries: int = TRIES
    spread: float = 1.0
    balanced: bool = False
    only: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of a group: `place` (number of the group, number of the age), of which one identity is taken at most,
    since its draws share age and hair. Its `name` is all that its random numbers hang on."""

    name: str
    group: Group
    place: tuple[int, int]
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Candidate:
    """A draw that is far enough from every contributor and all to avoid, and what `Identity` holds."""

    draw: Draw
    jpeg: bytes
    mesh: NDArray[np.float64]
    descriptor: Descriptors
    nearest: float


def choose(
    sampler: Sampler, contributors: Descriptors, avoid: Descriptors, *, bound: float, wish: Wish,
    progress: Callable[[int, int], None] | None = None,
) -> list[Identity]:  # fmt: skip
    """Identities: many are drawn of each group at each age and measured; then, groups in turn, the one is taken that
    stands in the way of the fewest others.

    Parameters
    ----------
    contributors : (n, 128) descriptors of the model's people
    avoid : (m, 128) descriptors that no identity may come near
    bound : least distance to a contributor; see stranger_bound
    progress : called with the number of draws done and of all

    Raises
    ------
    Unreachable : too few of the draws are far enough from each other and from the contributors
    """
    groups = _in_turn(sampler.model.groups)
    drawn = list(_draws(sampler, groups, wish))
    pool: list[Candidate] = []
    with FaceMesh(static=True, n_faces=2) as tracker:
        for number, draw in enumerate(drawn, start=1):
            candidate = _candidate(sampler, draw, tracker, contributors, bound)
            if candidate is not None and _least(avoid, candidate.descriptor) >= APART + _MARGIN:
                pool.append(candidate)
            if progress is not None:
                progress(number, len(drawn))
    chosen = [_identity(each) for each in _apart(pool, groups, wish)]
    if len(chosen) < wish.count:
        raise Unreachable(
            f"{wish.count} identities cannot be reached: {len(chosen)} are {APART:g} apart and no nearer than "
            f"{bound:.3f} to a contributor. Ask for fewer, allow more tries, or use more portraits.", chosen
        )  # fmt: skip
    return chosen


def _in_turn(groups: Sequence[Group]) -> list[Group]:
    """Groups of both sexes in turn, the largest first."""
    rank = {group.name: sum(other.sex == group.sex for other in groups[:number]) for number, group in enumerate(groups)}
    return sorted(groups, key=lambda group: (rank[group.name], group.sex))


def _draws(sampler: Sampler, groups: Sequence[Group], wish: Wish) -> Iterator[Draw]:
    """Every draw has its own random numbers, so that it is the same whichever others are looked at."""
    for number, group in enumerate(groups):
        lenders = np.random.default_rng([wish.seed, number]).permutation(heads.lenders(sampler.model, group))
        for turn in range(len(AGES)):
            age, lender = AGES[(turn + 2 * number) % len(AGES)], int(lenders[turn % len(lenders)])
            for attempt in range(wish.tries):
                name = f"{number}.{turn}.{attempt}"
                if wish.only is None or name in wish.only:
                    rng = np.random.default_rng([wish.seed, number, turn, attempt])
                    recipe = sampler.draw(group, age, lender, rng, wish.spread)
                    yield Draw(name, group, (number, turn), recipe)


def _candidate(
    sampler: Sampler, draw: Draw, tracker: FaceMesh, contributors: Descriptors, bound: float
) -> Candidate | None:
    jpeg = encoded(sampler.render(draw.recipe))
    measured = measure(decoded(jpeg), tracker)
    if measured is None:
        return None
    mesh, descriptor = measured
    nearest = _least(contributors, descriptor)
    return Candidate(draw, jpeg, mesh, descriptor, nearest) if nearest >= bound + _MARGIN else None


def _least(others: Descriptors, descriptor: Descriptors) -> float:
    return float(np.linalg.norm(others - descriptor, axis=1).min(initial=np.inf))


def _apart(pool: Sequence[Candidate], groups: Sequence[Group], wish: Wish) -> list[Candidate]:
    """At most `count` candidates that are all apart: of many hasty choices the best one, in which there are many,
    every group has ENOUGH, and both sexes have all ages."""
    places = np.array([each.draw.place for each in pool]).reshape(-1, 2)
    own = np.array([each.descriptor for each in pool]).reshape(-1, 128)
    near = np.linalg.norm(own[:, None] - own[None], axis=2) < APART + _MARGIN
    near |= (places[:, None] == places[None]).all(axis=2)
    names = np.array([each.draw.group.name for each in pool])
    rng = np.random.default_rng(wish.seed)
    rounds = [
        _hasty(near, names, [groups[at] for at in rng.permutation(len(groups))], wish, rng.uniform(1, _LUCK, len(pool)))
        for _ in range(_ROUNDS)
    ]

    def worth(taken: list[int]) -> float:
        of = [int((names[taken] == group.name).sum()) for group in groups]
        ages = {(pool[number].draw.group.sex, pool[number].draw.recipe.age) for number in taken}
        return len(taken) + 2 * len(ages) + 2 * sum(min(each, ENOUGH) for each in of) + float(np.sqrt(of).sum())

    return _interleaved([pool[number] for number in max(rounds, key=worth)], groups)


_ROUNDS, _LUCK = 6000, 2.5


def _interleaved(chosen: Sequence[Candidate], groups: Sequence[Group]) -> list[Candidate]:
    """One of each group, then the next of each: the first few of a set are of many kinds."""
    of = [[each for each in chosen if each.draw.group.name == group.name] for group in groups]
    return [each for row in itertools.zip_longest(*of) for each in row if each is not None]


def _hasty(
    near: NDArray[np.bool_], names: NDArray[np.str_], groups: Sequence[Group], wish: Wish, luck: NDArray[np.float64]
) -> list[int]:
    """Groups in turn take the one that stands in the way of the fewest others, these counted times `luck`; large groups
    have two turns where others have one."""
    free = np.ones(len(names), np.bool_)
    queue = [*groups, *(group for group in groups if len(group.members) >= MANY)]
    most = wish.count // 2 if wish.balanced else wish.count
    of_sex: Counter[str] = Counter()
    taken: list[int] = []
    while len(taken) < wish.count and queue:
        group = queue.pop(0)
        able = np.flatnonzero(free & (names == group.name))
        if not able.size or of_sex[group.sex] >= most:
            continue
        taken.append(int(able[(near[able][:, free].sum(axis=1) * luck[able]).argmin()]))
        of_sex[group.sex] += 1
        free &= ~near[taken[-1]]
        queue.append(group)
    return taken


def _identity(found: Candidate) -> Identity:
    picture = decoded(found.jpeg)
    return Identity(
        found.draw.name, found.draw.recipe, found.draw.group.sex, found.jpeg, picture, found.mesh, found.descriptor,
        skin_of(picture, found.mesh), found.nearest,
    )  # fmt: skip


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
