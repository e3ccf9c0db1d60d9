"""inswapper_128: puts an identity on an aligned face. Its weights lie in the model store."""

import numpy as np
from numpy.typing import NDArray

from faces.arcface import SIZE
from modelstore.errors import BadWeights
from modelstore.loading import onnx_version, open_onnx
from modelstore.onnx_file import last_initializer
from modelstore.store import Store

WEIGHTS = "inswapper_128"
SIDE = 128


class Inswapper:
    """A network with inputs target (1, 3, 128, 128), red first, and source (1, 512); levels from 0 to 1.

    References
    ----------
    insightface, inswapper: the source is a w600k_r50 descriptor times the last constant of the network's graph.
    """

    def __init__(self, store: Store) -> None:
        """Load the network.

        Raises
        ------
        BadWeights : its weights are missing, not what the manifest means, or another network's
        """
        takes = {"target": (None, 3, SIDE, SIDE), "source": (None, SIZE)}
        self._network = open_onnx(store, WEIGHTS, takes, [(None, 3, SIDE, SIDE)])
        self._matrix = last_initializer(store.path(WEIGHTS)).astype(np.float64)
        self.version = onnx_version(store, WEIGHTS)
        if self._matrix.shape != (SIZE, SIZE):
            raise BadWeights(f"{WEIGHTS} keeps a table of {self._matrix.shape}, expected ({SIZE}, {SIZE}).")

    def source(self, descriptor: NDArray[np.float64]) -> NDArray[np.float32]:
        """(1, 512) an identity, from its (512,) descriptor of length 1."""
        moved = descriptor @ self._matrix
        length = float(np.linalg.norm(moved))
        if not length > 0:
            raise BadWeights(f"{WEIGHTS} knows nothing of this identity: its table leads to no direction.")
        return (moved / length).astype(np.float32)[None]

    def swap(self, face: NDArray[np.uint8], source: NDArray[np.float32]) -> NDArray[np.uint8]:
        """(128, 128, 3) the aligned face with the identity.

        Raises
        ------
        BadWeights : what comes out is no picture
        """
        target = face.transpose(2, 0, 1)[None].astype(np.float32) / 255
        (found,) = self._network.run(None, {"target": target, "source": source})
        if found.shape != (1, 3, SIDE, SIDE) or not np.isfinite(found).all():
            raise BadWeights(f"{WEIGHTS} gives {found.shape} with numbers that are no levels.")
        picture: NDArray[np.uint8] = (np.clip(found[0].transpose(1, 2, 0) * 255, 0, 255) + 0.5).astype(np.uint8)
        return picture
