"""ArcFace: recognisers that describe a face by 512 numbers. Their weights lie in the model store.

`arcface` judges renditions and chooses no donor; `w600k_r50` describes donors to inswapper and judges nothing.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from faces.alignment import aligning, five_points
from modelstore.loading import onnx_version, open_onnx
from modelstore.store import State, Store

JUDGE, DRIVER = "arcface", "w600k_r50"
SIDE, SIZE = 112, 512
MIDDLE = 127.5  # levels; pictures run from -1 to 1

Floats = NDArray[np.float64]


class ArcFace:
    """Describes faces by a network with input (n, 3, 112, 112) and output (n, 512).

    References
    ----------
    Deng et al. 2019, "ArcFace"; alignment and levels as in the authors' published networks (ms1mv3_r50 and others).
    """

    name, size = "arcface", SIZE

    def __init__(self, store: Store, weights: str = JUDGE) -> None:
        """Load the network.

        Raises
        ------
        BadWeights : its weights are missing, not what the manifest means, or another network's
        """
        self._network = open_onnx(store, weights, [(None, 3, SIDE, SIDE)], [(None, SIZE)])
        self._input = self._network.get_inputs()[0].name
        self.version = f"{self.name} {onnx_version(store, weights)}"

    def describe(self, rgb: NDArray[np.uint8], points: Floats) -> Floats:
        """(512,) descriptor of length 1 of a face of an (h, w, 3) picture, whose (68, 2) points are known.

        Descriptors are compared by their cosine.
        """
        return self.described(aligned_face(rgb, points))

    def described(self, face: NDArray[np.uint8]) -> Floats:
        """(512,) descriptor of an aligned (112, 112, 3) face."""
        (found,) = self._network.run(None, {self._input: prepared(face)[None]})
        row = np.asarray(found, dtype=np.float64)[0]
        length = float(np.linalg.norm(row))
        return row / length if length > 0 else np.full(SIZE, np.nan)


def in_store(store: Store) -> ArcFace | None:
    """The judging ArcFace; None where its weights are not there, or may not be used here.

    Raises
    ------
    BadWeights : there are weights, but not those that the manifest means
    """
    if store.state(store.entry(JUDGE)) in (State.MISSING, State.FORBIDDEN):
        return None
    store.path(JUDGE)
    return _loaded(store, store.entry(JUDGE).sha256)


@cache
def _loaded(store: Store, _sha256: str | None) -> ArcFace:
    return ArcFace(store)


def aligned_face(rgb: NDArray[np.uint8], points: Floats) -> NDArray[np.uint8]:
    """(112, 112, 3) picture with eyes, nose and mouth on the template; black where the picture ends."""
    return cut(rgb, aligning(five_points(np.asarray(points)[None])[0], SIDE), SIDE)


def cut(rgb: NDArray[np.uint8], matrix: Floats, side: int) -> NDArray[np.uint8]:
    """(side, side, 3) the part of an (h, w, 3) picture that a (2, 3) matrix brings there; black where it ends."""
    face: NDArray[np.uint8] = cv2.warpAffine(np.ascontiguousarray(rgb), matrix, (side, side), flags=cv2.INTER_LINEAR)  # type: ignore[assignment]
    return face


def prepared(face: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(3, 112, 112) levels from -1 to 1, red first."""
    levels: NDArray[np.float32] = ((face.astype(np.float32) - MIDDLE) / MIDDLE).transpose(2, 0, 1)
    return levels
