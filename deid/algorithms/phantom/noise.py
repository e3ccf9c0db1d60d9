"""Sensor noise, and rounding to whole levels that keeps what is smaller than a level."""

import numpy as np
from numpy.typing import NDArray

SPARE = 1 << 18  # more values than a frame needs: each frame starts at another place of the store


class Noise:
    """Noise of one recording.

    Values are drawn once and used again from another start in every frame: drawing anew took longer than painting.
    A uniform dither of one level is part of them, so that the mean over many pixels follows changes far below a level.

    Parameters
    ----------
    seed : of the values and starts
    sd : standard deviation, levels of 255
    size : side of the frames in pixels
    """

    def __init__(self, seed: int, sd: float, size: int) -> None:
        self.size, self._seed, self._needed = size, seed, size * size * 3
        rng = np.random.default_rng([seed, 7])
        self._store = rng.uniform(0, 1, self._needed + SPARE).astype(np.float32)
        if sd:
            self._store += np.float32(sd) * rng.standard_normal(self._needed + SPARE, dtype=np.float32)

    def quantised(self, frame: NDArray[np.float32], index: int) -> NDArray[np.uint8]:
        """(size, size, 3) float levels to uint8; the noise depends on the seed and the frame's number alone."""
        start = int(np.random.default_rng([self._seed, 8, index]).integers(SPARE))
        frame += self._store[start : start + self._needed].reshape(frame.shape)
        np.clip(frame, 0, 255, out=frame)
        return frame.astype(np.uint8)  # rounds down: the dither lies in 0 to 1
