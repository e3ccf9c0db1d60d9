"""Courses of 68 points made up for tests: a face that moves as it is told, nothing is looked for in pictures."""

import numpy as np

from analysis.algorithms.fidelity.tracks import FaceTracks
from tests.phantoms import make_phantom

# iBUG points on MediaPipe's mesh: the reference facts of the project, single points for the averaged ones.
MESH68 = (
    127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 397, 361, 323, 454, 356, 70, 63, 105, 66, 107, 336, 296,
    334, 293, 300, 168, 197, 5, 4, 75, 97, 2, 326, 305, 33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380, 61,
    39, 37, 0, 267, 269, 291, 321, 314, 17, 84, 91, 78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip


def phantom68(factor: float = 1.0, **spec) -> np.ndarray:
    """(n, 68, 2) true places of a phantom's points, movements of mouth and brows `factor` times as large."""
    made = make_phantom(**({"seconds": 8.0, "task": "facial_expression", "size": 384} | spec))
    return made.with_amplitude(factor).truth.points[:, list(MESH68)]


def walk(n: int, seed: int, step: float = 0.05, smooth: float = 0.97) -> np.ndarray:
    """(n, 68, 2) points that wander each for itself, autocorrelated as motion is, around a real face's places."""
    rng = np.random.default_rng(seed)
    place = np.zeros((68, 2))
    course = []
    for noise in rng.normal(0, step, (n, 68, 2)):
        place = smooth * place + noise
        course.append(place)
    return phantom68(seconds=0.5)[0] + np.array(course)


def tracks(points: np.ndarray, fps: float = 30.0, **columns) -> FaceTracks:
    """Tracks that hold these points and nothing else."""
    n = len(points)
    empty = {
        "mesh": np.full((n, 478, 3), np.nan, np.float32), "ear": np.full((n, 2), np.nan),
        "mesh_ear": np.full((n, 2), np.nan), "descriptors": np.full((n, 128), np.nan),
        "pose": np.full((n, 33, 3), np.nan), "skin": np.full((n, 4, 3), np.nan), "box": np.full((n, 4), np.nan),
        "variants": {name: np.full((n, 128), np.nan) for name in ("periocular", "head")},
    }  # fmt: skip
    return FaceTracks(times=np.arange(n) / fps, size=(384, 384), points=points, **(empty | columns))
