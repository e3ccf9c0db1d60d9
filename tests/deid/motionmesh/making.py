"""A face mesh without a face: the tessellation laid out over an ellipse, and pictures, frames and plans around it."""

from fractions import Fraction
from functools import cache

import numpy as np

from deid.algorithms.donors import Donor
from deid.algorithms.methods.motionmesh.following import Followed, Sample
from deid.algorithms.methods.motionmesh.topology import N_FACE, triangles
from faces.mesh import LEFT_EYE, N_POINTS, OVAL, RIGHT_EYE
from faces.protocol import FaceBox
from tests.deid.algorithms.making import times
from videoio.frames import Frame

SIZE = (240, 200)  # width, height
CENTRE = (120.0, 100.0)
BOX = FaceBox(70, 40, 100, 115)


@cache
def _flat() -> np.ndarray:
    """Tutte's embedding: the outline on an ellipse, every other point in the middle of its neighbours."""
    angle = 2 * np.pi * np.arange(len(OVAL)) / len(OVAL)
    fixed = dict(zip(OVAL, np.stack([50 * np.sin(angle), -60 * np.cos(angle)], axis=1), strict=True))
    system, right = np.zeros((N_FACE, N_FACE)), np.zeros((N_FACE, 2))
    for one, two, three in triangles()[2 * len(OVAL) :]:
        for a, b in ((one, two), (two, three), (three, one)):
            system[[a, b], [b, a]] = -1
    for point in range(N_FACE):
        system[point, point] = -system[point].sum()
    for point, place in fixed.items():
        system[point], right[point] = 0, place
        system[point, point] = 1
    return np.linalg.solve(system, right)


def mesh(centre=CENTRE, scale=1.0, turn=0.0) -> np.ndarray:
    """(478, 3) a face `100 * scale` pixels wide, bulging towards the camera, turned by `turn` degrees."""
    flat = _flat()
    depth = -30 * (1 - (flat[:, 0] / 50) ** 2 - (flat[:, 1] / 60) ** 2)
    face = np.column_stack([flat, depth])
    irises = np.vstack([np.repeat(face[list(eye)].mean(axis=0)[None], 5, axis=0) for eye in (RIGHT_EYE, LEFT_EYE)])
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    points = np.vstack([face, irises]) @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T
    assert len(points) == N_POINTS
    return points * scale + (*centre, 0)


def picture(seed=0, size=SIZE) -> np.ndarray:
    """(h, w, 3) smooth colours, different for every seed."""
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    phase = np.random.default_rng(seed).uniform(0, 6, 6)
    waves = [np.sin(x / 9 + phase[at]) + np.sin(y / 7 + phase[at + 3]) for at in range(3)]
    return (120 + 30 * np.stack(waves, axis=2)).astype(np.uint8)


def frame(index=0, seed=0, size=SIZE) -> Frame:
    return Frame.from_rgb(index, picture(seed, size), index, Fraction(1, 30))


def sample(index=0, seed=0) -> Sample:
    return Sample(index, 0, frame(index, seed), mesh())


def donor(seed=1, points=None, name="d1") -> Donor:
    return Donor(
        name, "f", 40.0, (60.0, 10.0, 15.0), picture(seed), mesh() if points is None else points, np.zeros(128)
    )


def followed(meshes, box=BOX) -> Followed:
    """A clip in which the detector saw the face in every frame; `None` where the mesh was lost."""
    stack = np.full((len(meshes), N_POINTS, 3), np.nan, np.float32)
    for index, points in enumerate(meshes):
        if points is not None:
            stack[index] = points
    boxes = dict.fromkeys(range(len(meshes)), box)
    return Followed(stack, np.zeros((len(meshes), N_FACE, 3), np.uint8), boxes, dict.fromkeys(boxes, 0))


__all__ = ["BOX", "CENTRE", "SIZE", "donor", "followed", "frame", "mesh", "picture", "sample", "times"]
