"""106 landmarks of a face by a network of the model store."""

import numpy as np
from numpy.typing import NDArray

from faces.arcface import cut
from faces.protocol import FaceBox
from modelstore.errors import BadWeights
from modelstore.loading import onnx_version, open_onnx
from modelstore.store import Store

WEIGHTS = "2d106det"
SIDE, N_POINTS = 192, 106
ROOM = 1.5  # the crop is so many times as wide as the face


class Landmarks106:
    """Landmarks by a network with input (n, 3, 192, 192), levels as they are, and output (n, 212) from -1 to 1."""

    name = "2d106det"

    def __init__(self, store: Store) -> None:
        """Load the network.

        Raises
        ------
        BadWeights : its weights are missing, not what the manifest means, or another network's
        """
        self._network = open_onnx(store, WEIGHTS, [(None, 3, SIDE, SIDE)], [(None, 2 * N_POINTS)])
        self._input = self._network.get_inputs()[0].name
        self.version = onnx_version(store, WEIGHTS)

    def points(self, rgb: NDArray[np.uint8], box: FaceBox) -> NDArray[np.float64]:
        """(106, 2) points, in pixels, of the face in `box` of an (h, w, 3) picture.

        Raises
        ------
        BadWeights : what comes out is no such table
        """
        scale = SIDE / (ROOM * max(box.width, box.height))
        (x, y), middle = box.centre, SIDE / 2
        matrix = np.array([[scale, 0, middle - scale * x], [0, scale, middle - scale * y]])
        picture = cut(rgb, matrix, SIDE).transpose(2, 0, 1)[None].astype(np.float32)
        (found,) = self._network.run(None, {self._input: picture})
        if found.shape != (1, 2 * N_POINTS):
            raise BadWeights(f"{WEIGHTS} gives {found.shape}, expected (1, {2 * N_POINTS}).")
        inside = (found.reshape(N_POINTS, 2).astype(np.float64) + 1) * middle
        placed: NDArray[np.float64] = (inside - matrix[:, 2]) / scale
        return placed
