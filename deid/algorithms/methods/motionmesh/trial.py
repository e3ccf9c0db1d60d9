"""Trying donors on a few frames, judged by a recogniser, before the clip is rendered."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.methods.motionmesh.following import Sample
from deid.algorithms.methods.motionmesh.shape import fit_head
from deid.algorithms.methods.motionmesh.swap import Swap
from faces.dlib_backend import descriptor
from faces.mesh import OVAL
from faces.protocol import FaceBox

FRAMES, STRONGEST = 4, 2  # tried: evenly spaced ones, and those with the strongest expressions, the nearest to fail
PASS_MEAN, PASS_EACH = 0.70, 0.62  # distances to the original that end the search
# What is tried with the best donor where none passes: share of the wrinkles, strength added. Wrinkles are the dearer.
HARDER = ((1.0, 0.25), (0.5, 0.25), (0.25, 0.25))
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
CHIN = 152
MakeSwap = Callable[[str, float, float], Swap]  # donor's name, strength, detail


@dataclass(frozen=True, slots=True)
class Trial:
    """A donor and how far the tried frames came from the patient (dlib, Euclidean)."""

    donor: str
    strength: float
    detail: float
    mean: float
    least: float

    @property
    def passed(self) -> bool:
        return self.mean >= PASS_MEAN and self.least >= PASS_EACH


def described(samples: Sequence[Sample]) -> NDArray[np.float64]:
    """(n, 128) descriptors of samples as they are."""
    return np.array([_describe(sample) for sample in samples])


def spread(samples: Sequence[Sample], number: int = FRAMES) -> list[Sample]:
    """Samples evenly spaced over the clip."""
    if len(samples) <= number:
        return list(samples)
    return [samples[round(at)] for at in np.linspace(0, len(samples) - 1, number)]


def strongest(samples: Sequence[Sample], neutral: NDArray[np.float64], number: int = STRONGEST) -> list[Sample]:
    """Samples whose shape is the farthest from the (468, 3) neutral one."""

    def off(sample: Sample) -> float:
        seen = sample.mesh[: len(neutral)]
        return float(np.abs(fit_head(neutral, seen).undo(seen) - neutral).mean())

    return sorted(samples, key=off)[-number:]


def first_that_passes(
    names: Iterable[str], make: MakeSwap, samples: Sequence[Sample], strength: float, detail: float
) -> tuple[Trial, Swap]:
    """Try donors in order; where none passes, the best one with fewer wrinkles and more strength; else the best of all.

    Parameters
    ----------
    samples : a few frames, at least one
    strength, detail : where to begin
    """
    originals = described(samples)
    tried: list[tuple[Trial, Swap]] = []

    def passes(name: str, strength: float, detail: float) -> bool:
        swap = make(name, strength, detail)
        mean, least = _distances(swap, samples, originals)
        tried.append((Trial(name, strength, detail, mean, least), swap))
        return tried[-1][0].passed

    if any(passes(name, strength, detail) for name in names):
        return tried[-1]
    best = max(tried, key=lambda each: _score(each[0]))[0].donor
    if any(passes(best, strength + more, detail * share) for share, more in HARDER):
        return tried[-1]
    return max(tried, key=lambda each: _score(each[0]))


def _score(trial: Trial) -> float:
    return min(trial.mean - PASS_MEAN, trial.least - PASS_EACH)


def _distances(swap: Swap, samples: Sequence[Sample], originals: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and least distance of swapped samples to the original ones."""
    distances = []
    for sample, original in zip(samples, originals, strict=True):
        luma, blue, red = (plane.copy() for plane in sample.frame.planes)
        changed = replace(sample, frame=replace(sample.frame, planes=(luma, blue, red)))
        swap(changed.frame, changed.mesh)
        distances.append(float(np.linalg.norm(_describe(changed) - original)))
    return float(np.mean(distances)), min(distances)


def _describe(sample: Sample) -> NDArray[np.float64]:
    found = descriptor(sample.frame.rgb, _box(sample.mesh))
    assert found is not None  # noqa: S101 - with a box given there is always one
    return found


def _box(mesh: NDArray[np.float64]) -> FaceBox:
    """A square from the brows to the chin, as the recogniser's own detector gives them."""
    top, bottom = float(mesh[list(BROWS), 1].min()), float(mesh[CHIN, 1])
    left, right = float(mesh[list(OVAL), 0].min()), float(mesh[list(OVAL), 0].max())
    side = max(bottom - top, 1.0)
    return FaceBox((left + right - side) / 2, top, side, side)
