"""Phantoms for tests: small, quick, and with known truth."""

from functools import cache
from typing import Any

import numpy as np

from deid.algorithms.donors import Donor, DonorFolder
from deid.algorithms.phantom.animate import Phantom
from deid.algorithms.phantom.record import SHIPPED, choose_identity
from deid.algorithms.phantom.spec import PhantomSpec
from deid.algorithms.phantom.truth import Truth

QUICK: dict[str, Any] = {"size": 192, "seconds": 2.0, "fps": 30}


@cache
def _folder() -> DonorFolder:
    return DonorFolder.open(SHIPPED)


def make_phantom(**spec: Any) -> Phantom:
    """A phantom of the shipped identities, 192 pixels and 2 s unless told otherwise; nothing is painted yet."""
    wished = PhantomSpec(**(QUICK | spec))
    return Phantom(wished, choose_identity(wished, _folder()))


def phantom(**spec: Any) -> tuple[np.ndarray, Truth]:
    """Frames (n, size, size, 3) uint8 RGB and their truth; fields of `PhantomSpec` by keyword."""
    made = make_phantom(**spec)
    return np.stack(list(made.frames())), made.truth


def identity(name: str | None = None) -> Donor:
    """A shipped identity, the first by default."""
    return _folder().load(name or _folder().names[0])
