"""Many numbers between -1 and 1 as a short text: a quarter of a thousand steps are enough to draw them."""

import base64
import binascii

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 125  # on each side of 0
UNKNOWN = 255


def packed(values: Floats) -> str:
    """(n,) values from -1 to 1, rounded to 1/125; NaN stays unknown. A byte each, in base64."""
    known = np.isfinite(values)
    steps = np.full(len(values), UNKNOWN, np.uint8)
    steps[known] = (np.clip(values[known], -1, 1) * STEPS).round().astype(int) + STEPS
    return base64.b64encode(steps.tobytes()).decode("ascii")


def unpacked(text: str) -> Floats:
    """(n,) values of `packed`, NaN where they are unknown.

    Raises
    ------
    ValueError : the text is not from `packed`
    """
    try:
        steps = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"{text[:20]!r} holds no packed numbers: measure the rendition again.") from error
    return np.where(steps == UNKNOWN, np.nan, (steps.astype(float) - STEPS) / STEPS)
