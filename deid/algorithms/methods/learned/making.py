"""Making the faces of a clip from its aligned crops, which come some frames before they are asked for."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.methods.learned.running import levels_of, pictures_of
from videoio.frames import RGB

Levels = NDArray[np.float32]
Run = Callable[[Levels], Levels]


class Maker(Protocol):
    """Crops come in the order of frames, then are asked for in the same order."""

    @property
    def reach(self) -> int:
        """How many crops it wants to see beyond the one that is asked for."""
        ...

    def coming(self, index: int, crop: RGB) -> None: ...

    def made(self, index: int) -> RGB:
        """What the crop of a frame became; asked for once. KeyError where it never came."""
        ...

    def alone(self, crop: RGB) -> RGB:
        """What one crop becomes without the others, for trials."""
        ...


class Batches:
    """Every crop for itself, as many at once as have come."""

    def __init__(self, run: Run, batch: int) -> None:
        self._run, self.reach = run, batch - 1
        self._waiting: dict[int, RGB] = {}
        self._done: dict[int, RGB] = {}
        self._failed: dict[int, Exception] = {}

    def coming(self, index: int, crop: RGB) -> None:
        self._waiting[index] = crop

    def made(self, index: int) -> RGB:
        if index in self._waiting:
            waiting, self._waiting = self._waiting, {}
            self._make(waiting)
        if (error := self._failed.pop(index, None)) is not None:
            raise error
        return self._done.pop(index)

    def _make(self, waiting: dict[int, RGB]) -> None:
        """A batch that fails is not tried again: its frames are masked, each for the same reason."""
        try:
            pictures = pictures_of(self._run(levels_of(np.stack(list(waiting.values())))))
            self._done.update(zip(waiting, pictures, strict=True))
        except Exception as error:
            self._failed.update(dict.fromkeys(waiting, error.with_traceback(None)))

    def alone(self, crop: RGB) -> RGB:
        picture: RGB = pictures_of(self._run(levels_of(crop[None])))[0]
        return picture


class Windows:
    """Stretches of frames in windows that overlap, added up under weights whose sum is divided out: no seams.

    A stretch ends before a frame without a crop. What its last window lacks is filled up with its last crop.

    Parameters
    ----------
    run : (b, 3, t, h, w) levels -> the same shape
    window, hop : frames
    alone : frames of a clip that is made of one crop
    """

    def __init__(self, run: Run, window: int = 64, hop: int = 32, alone: int = 8) -> None:
        self._run, self._window, self._hop, self._alone = run, window, hop, alone
        self.reach = window - 1
        self._crops: dict[int, RGB] = {}  # those that a window still needs
        self._sums: dict[int, Levels] = {}  # weighted levels of frames, from the windows so far
        self._weights: dict[int, float] = {}
        self._next = -1  # first frame of the next window; all frames before it are done

    def coming(self, index: int, crop: RGB) -> None:
        self._crops[index] = crop

    def made(self, index: int) -> RGB:
        if index not in self._sums or index >= self._next:
            self._add_window(index)
        picture: RGB = pictures_of(self._sums.pop(index)[None] / self._weights.pop(index))[0]
        return picture

    def alone(self, crop: RGB) -> RGB:
        made = self._levels(np.repeat(crop[None], self._alone, axis=0))
        picture: RGB = pictures_of(made[self._alone // 2][None])[0]
        return picture

    def _add_window(self, start: int) -> None:
        """Run the window from `start` on, and forget the crops that no later window needs."""
        n_frames = next(n for n in range(self._window + 1) if n == self._window or start + n not in self._crops)
        crops = [self._crops[start + min(n, n_frames - 1)] for n in range(self._window)]
        made = self._levels(np.stack(crops))
        for n, weight in enumerate(_weights(self._window)[:n_frames]):
            at = start + n
            self._sums[at] = self._sums.get(at, 0) + weight * made[n]
            self._weights[at] = self._weights.get(at, 0.0) + float(weight)
        self._next = start + min(n_frames, self._hop)
        self._crops = {at: crop for at, crop in self._crops.items() if at >= self._next}

    def _levels(self, clip: NDArray[np.uint8]) -> Levels:
        """(t, 3, h, w) of (t, h, w, 3)."""
        made: Levels = self._run(np.moveaxis(levels_of(clip), 1, 0)[None].copy())[0]
        return np.moveaxis(made, 0, 1)


def _weights(window: int) -> Levels:
    """(window,) rising and falling, over 0 everywhere: a first frame has no other window to rely on."""
    at = (np.arange(window, dtype=np.float32) + 0.5) / window
    return np.sin(np.pi * at) ** 2
