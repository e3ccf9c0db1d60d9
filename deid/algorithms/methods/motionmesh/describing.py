"""Samples as a recogniser sees them, and how far donors carry them from the patient."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Lock
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.judging import View
from deid.algorithms.methods.motionmesh.following import Sample
from deid.algorithms.methods.motionmesh.swap import Swap
from faces.mesh import OVAL
from faces.protocol import FaceBox

AT_ONCE = 2  # pictures that are described beside one another
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
CHIN = 152
Worn = tuple[str, float, float]  # donor's name, strength, detail
MakeSwap = Callable[[str, float, float], Swap]


def described(samples: Sequence[Sample]) -> NDArray[np.float64]:
    """(n, 128) descriptors of samples as they are."""
    with ThreadPoolExecutor(AT_ONCE, "describing") as pool:
        return np.array(list(pool.map(describe, samples)))


def describe(sample: Sample) -> NDArray[np.float64]:
    """(128,) descriptor of a sample."""
    return view_of(sample).described()


def view_of(sample: Sample) -> View:
    """A sample as the recogniser looks at it."""
    return View(sample.frame.rgb, _box(sample.mesh))


def copied(sample: Sample) -> Sample:
    """A sample whose picture may be painted."""
    return replace(sample, frame=sample.frame.copied())


class Distances:
    """How far donors carry samples from the originals; each distance is worked out once, in a thread of its own.

    Who asks for one may have another begun that is likely to be asked for next. A wrong guess costs time on a second
    processor and changes nothing of what is told.

    Parameters
    ----------
    originals : (n, 128) descriptors of the first samples; those of the others are found when they are asked for
    at_once : 1 guesses nothing
    """

    def __init__(
        self, make: MakeSwap, samples: Sequence[Sample], originals: NDArray[np.float64], at_once: int = AT_ONCE
    ) -> None:
        self._make, self._samples = make, samples
        self._originals = dict(enumerate(originals))
        self._pool, self._guesses = ThreadPoolExecutor(at_once, "trying"), at_once > 1
        self._making = Lock()
        self._swaps: dict[Worn, Swap] = {}
        self._seen: dict[tuple[Worn, int], NDArray[np.float64]] = {}  # descriptors of swapped samples
        self._begun: dict[tuple[Worn, int], Future[float]] = {}

    def __enter__(self) -> "Distances":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def swap(self, worn: Worn) -> Swap:
        """Made once."""
        with self._making:
            if worn not in self._swaps:
                self._swaps[worn] = self._make(*worn)
            return self._swaps[worn]

    def of(self, worn: Worn, number: int, likely: tuple[Worn, int] | None = None) -> float:
        """Distance of a sample that wears a donor to the original (dlib, Euclidean); `likely` is begun beside it."""
        asked = self._begin(worn, number)
        if likely is not None and self._guesses:
            self._begin(*likely)
        return asked.result()

    def _begin(self, worn: Worn, number: int) -> Future[float]:
        key = (worn, number)
        if key not in self._begun:
            self._begun[key] = self._pool.submit(self._measured, worn, number)
        return self._begun[key]

    def likeliest(self, worn: Worn, among: Sequence[int], tried: Sequence[int]) -> list[int]:
        """Samples by how near their originals are to what a donor made of those `tried`: the first are the likeliest to
        fall short."""
        middle = np.mean([self._seen[worn, number] for number in tried], axis=0)
        away = [float(np.linalg.norm(each - middle)) for each in self._pool.map(self._original, among)]
        return [among[at] for at in np.argsort(away, kind="stable")]

    def _measured(self, worn: Worn, number: int) -> float:
        seen = describe_worn(self.swap(worn), self._samples[number])
        self._seen[worn, number] = seen
        return float(np.linalg.norm(seen - self._original(number)))

    def _original(self, number: int) -> NDArray[np.float64]:
        if number not in self._originals:
            self._originals[number] = describe(self._samples[number])
        return self._originals[number]


def describe_worn(swap: Swap, sample: Sample) -> NDArray[np.float64]:
    """(128,) descriptor of a swapped sample."""
    changed = copied(sample)
    swap(changed.frame, changed.mesh)
    return describe(changed)


def _box(mesh: NDArray[np.float64]) -> FaceBox:
    """A square from the brows to the chin, as the recogniser's own detector gives them."""
    top, bottom = float(mesh[list(BROWS), 1].min()), float(mesh[CHIN, 1])
    left, right = float(mesh[list(OVAL), 0].min()), float(mesh[list(OVAL), 0].max())
    side = max(bottom - top, 1.0)
    return FaceBox((left + right - side) / 2, top, side, side)
