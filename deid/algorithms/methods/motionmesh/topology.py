"""Triangles over the face mesh: the tessellation, the eyes and mouth it leaves open, and a ring around the face."""

from collections import Counter
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from faces.mesh import INNER_LIPS, LEFT_EYE, OVAL, RIGHT_EYE

N_FACE = 468  # points of the tessellation; the irises lie inside the eyes
HOLES = (RIGHT_EYE, LEFT_EYE, INNER_LIPS)
N_UNDER = 2 * len(OVAL) + sum(len(hole) - 2 for hole in HOLES)  # triangles of ring, eyes and mouth
RING = 1.25  # the ring's distance from the face's centre, in the outline's
Points = NDArray[np.float64]


@cache
def triangles() -> NDArray[np.int32]:
    """(n, 3) indices into the points of `with_ring`: 72 of the ring, 46 of eyes and mouth, 852 of the face."""
    inside = [part for hole in HOLES for part in _strip(hole)]
    return np.array([*_ring(), *inside, *_tessellation()], dtype=np.int32)


def with_ring(mesh: Points) -> Points:
    """(504, 3): the face's points and, around its outline, points that belong to the surroundings."""
    face = np.asarray(mesh[:N_FACE], dtype=np.float64)
    outline = face[list(OVAL)]
    middle = outline.mean(axis=0)
    ring = middle + RING * (outline - middle)
    ring[:, 2] = outline[:, 2]
    return np.vstack([face, ring])


def painting_order(points: Points) -> NDArray[np.int32]:
    """The face's triangles from far to near, so that what a turned head hides stays hidden.

    Ring, eyes and mouth come first: the slivers between closed lips would spread over the lips' edges.
    """
    every = triangles()
    depth = points[:, 2][every[N_UNDER:]].sum(axis=1)
    ordered: NDArray[np.int32] = np.vstack([every[:N_UNDER], every[N_UNDER:][np.argsort(-depth, kind="stable")]])
    return ordered


def _tessellation() -> list[tuple[int, int, int]]:
    """The faces of MediaPipe's edge list: its triangles, less the two that merely surround others."""
    from mediapipe.python.solutions.face_mesh_connections import FACEMESH_TESSELATION

    beside: dict[int, set[int]] = {}
    for one, two in FACEMESH_TESSELATION:
        beside.setdefault(one, set()).add(two)
        beside.setdefault(two, set()).add(one)
    cliques = sorted({
        tuple(sorted((one, two, three))) for one, two in FACEMESH_TESSELATION for three in beside[one] & beside[two]
    })  # fmt: skip
    used = Counter(edge for clique in cliques for edge in combinations(clique, 2))
    return [(a, b, c) for a, b, c in cliques if any(used[edge] <= 2 for edge in combinations((a, b, c), 2))]


def _strip(hole: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Triangles between the lower and the upper half of an outline that begins at one corner."""
    half = len(hole) // 2
    lower, upper = hole[: half + 1], (hole[0], *hole[:half:-1], hole[half])
    found = []
    for at in range(half):
        found += [(lower[at], lower[at + 1], upper[at + 1]), (lower[at], upper[at + 1], upper[at])]
    return [part for part in found if len(set(part)) == 3]


def _ring() -> list[tuple[int, int, int]]:
    found, n = [], len(OVAL)
    for at, point in enumerate(OVAL):
        after = (at + 1) % n
        found += [(point, OVAL[after], N_FACE + at), (OVAL[after], N_FACE + after, N_FACE + at)]
    return found
