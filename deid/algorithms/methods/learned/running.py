"""Running a network on many crops at once, as many as the memory takes."""

from collections.abc import Callable
from contextlib import nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from deid.algorithms.errors import EngineError

Pictures = NDArray[np.uint8]  # (n, side, side, 3), red first


class Runner:
    """Calls a network in batches, in half precision on CUDA; a batch that does not fit is halved from then on.

    Parameters
    ----------
    network : (b, ...) levels 0-1 -> the same shape; the first axis counts what is treated alike
    batch : at most so many at once
    """

    def __init__(self, network: Callable[[Tensor], Tensor], device: str, batch: int) -> None:
        self._network, self._device, self.batch = network, device, batch

    def __call__(self, levels: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the network makes of (n, ...) levels.

        Raises
        ------
        EngineError : not even one fits into memory, or what comes out is no picture
        """
        made: list[NDArray[np.float32]] = []
        done = 0
        while done < len(levels):
            part = levels[done : done + self.batch]
            try:
                made.append(self._run(part))
            except torch.OutOfMemoryError as error:
                self._halve(error)
                continue
            done += len(part)
        return np.concatenate(made)

    def _run(self, part: NDArray[np.float32]) -> NDArray[np.float32]:
        half = torch.autocast("cuda", dtype=torch.float16) if self._device == "cuda" else nullcontext()
        with torch.inference_mode(), half:
            found: NDArray[np.float32] = self._network(torch.from_numpy(part).to(self._device)).float().cpu().numpy()
        if found.shape != part.shape or not np.isfinite(found).all():
            raise EngineError(f"the network gave {found.shape} for {part.shape}, or numbers that are no levels")
        return found

    def _halve(self, error: torch.OutOfMemoryError) -> None:
        if self.batch == 1:
            raise EngineError("not even one picture fits into memory: use another device, or free some.") from error
        self.batch //= 2
        if self._device == "cuda":
            torch.cuda.empty_cache()


def levels_of(pictures: Pictures) -> NDArray[np.float32]:
    """(n, h, w, 3) pictures to (n, 3, h, w) levels 0-1."""
    return np.ascontiguousarray(np.moveaxis(pictures, -1, 1), dtype=np.float32) / 255


def pictures_of(levels: NDArray[np.float32]) -> Pictures:
    """The inverse of `levels_of`."""
    return (np.moveaxis(np.clip(levels, 0, 1), 1, -1) * 255 + 0.5).astype(np.uint8)
