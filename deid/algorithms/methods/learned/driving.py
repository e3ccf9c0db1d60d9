"""The recogniser that tells a generator who is wanted: the one that it was trained with."""

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from deid.algorithms.networks import iresnet
from deid.algorithms.networks.frozen import IdentityModule
from deid.algorithms.networks.loading import from_store
from faces.arcface import DRIVER, ArcFace
from modelstore.errors import BadWeights
from modelstore.loading import training_of
from modelstore.store import Store

SMALL = "identity_small"


class Driver(Protocol):
    """Describes aligned faces of 112 pixels."""

    def described(self, face: NDArray[np.uint8]) -> NDArray[np.float64]: ...


class SmallDriver:
    """The small ArcFace that is trained here."""

    def __init__(self, store: Store, device: str) -> None:
        network, _ = from_store(store, SMALL, iresnet.build)
        self._judge, self._device = IdentityModule(network).to(device), device

    def described(self, face: NDArray[np.uint8]) -> NDArray[np.float64]:
        """(512,) of length 1 of an aligned (112, 112, 3) face."""
        levels = torch.from_numpy(np.ascontiguousarray(face.transpose(2, 0, 1)[None], np.float32) / 255)
        with torch.inference_mode():
            found: NDArray[np.float64] = self._judge(levels.to(self._device))[0].double().cpu().numpy()
        return found


def driver_of(store: Store, weights: str, device: str, side: int) -> tuple[Driver, str, int]:
    """A generator's recogniser, its name in the store, and the side of the crops that the generator was trained on.

    Weights that were not trained here tell nothing of themselves: they are the published network's.

    Raises
    ------
    BadWeights : the recogniser that it was trained with is not in the store
    """
    told = training_of(store, weights)
    data: Any = told.get("data")
    wanted = data.get("identity") if isinstance(data, dict) else None
    trained_on = _side(told, side)
    if wanted is None or store.entry(DRIVER).sha256 == wanted:
        return ArcFace(store, DRIVER), DRIVER, trained_on
    if store.entry(SMALL).sha256 == wanted:
        return SmallDriver(store, device), SMALL, trained_on
    raise BadWeights(
        f"{weights} was trained with a recogniser whose SHA-256 is {wanted}; {DRIVER} and {SMALL} of the model store "
        f"are others. Put that one there with manage.py models add {SMALL} FILE."
    )


def _side(told: dict[str, Any], otherwise: int) -> int:
    try:
        return int(told["config"]["model"]["side"])
    except (KeyError, TypeError, ValueError):
        return otherwise
