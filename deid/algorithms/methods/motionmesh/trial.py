"""Trying donors on a few frames, judged by a recogniser, before the clip is rendered."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.judging import PASS_EACH, PASS_MEAN, View
from deid.algorithms.methods.motionmesh.following import Sample
from deid.algorithms.methods.motionmesh.shape import fit_head
from deid.algorithms.methods.motionmesh.swap import Swap
from faces.mesh import OVAL
from faces.protocol import FaceBox

FRAMES, STRONGEST = 3, 2  # tried: evenly spaced ones; those with the strongest expressions, the most turned one and the
# one whose lids are the lowest are the nearest to fail
# What is tried with the best donors where none passes: share of the wrinkles, strength added. Wrinkles are the dearer.
BEST = 3
CHECKED = 16  # more frames, evenly spaced, on which who passes has to hold
HARDER = ((1.0, 0.25), (0.6, 0.25), (0.6, 0.5), (0.4, 0.4), (0.25, 0.25))
# Short of the bounds by no more than this, a donor who is alike looks more natural a little stronger than the next one,
# who is less alike, does as he is.
NARROW = 0.06
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
CHIN = 152
Picture = tuple[Sample, NDArray[np.float64]]  # and its (128,) descriptor as it is
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
    return np.array([describe(sample) for sample in samples])


def copied(sample: Sample) -> Sample:
    """A sample whose picture may be painted."""
    return replace(sample, frame=sample.frame.copied())


def spread(samples: Sequence[Sample], number: int = FRAMES) -> list[Sample]:
    """Samples evenly spaced over the clip."""
    if len(samples) <= number:
        return list(samples)
    return [samples[round(at)] for at in np.linspace(0, len(samples) - 1, number)]


def strongest(samples: Sequence[Sample], neutral: NDArray[np.float64], number: int = STRONGEST) -> list[Sample]:
    """Samples with strong expressions unlike one another: each the farthest from the (468, 3) neutral shape and from
    those before it."""
    shapes = [fit_head(neutral, sample.mesh[: len(neutral)]).undo(sample.mesh[: len(neutral)]) for sample in samples]
    away = np.array([np.abs(shape - neutral).mean() for shape in shapes])
    chosen: list[int] = []
    while len(chosen) < min(number, len(samples)):
        chosen.append(int(away.argmax()))
        away = np.minimum(away, [np.abs(shape - shapes[chosen[-1]]).mean() for shape in shapes])
    return [samples[at] for at in chosen]


def first_that_passes(
    groups: Iterable[Sequence[str]],
    make: MakeSwap,
    samples: Sequence[Sample],
    originals: NDArray[np.float64],
    strength: float,
    detail: float,
    rest: Sequence[Sample] = (),
) -> tuple[Trial, Swap]:
    """Try donors in order, one who falls short narrowly once more with more strength; where none of a group passes, its
    best ones with more strength and fewer wrinkles too, before those of the next group; else the best of all.

    Parameters
    ----------
    groups : names of donors, those who are alike before others
    samples : a few frames, at least one; those the nearest to fail first
    originals : their (n, 128) descriptors
    strength, detail : where to begin
    rest : other frames, on each of which who passes has to be far enough too
    """
    tried = _Tried(make, samples, originals, rest)
    harder = [(strength + more, detail * share) for share, more in HARDER]
    for group in groups:
        for name in group:
            if tried.passes(name, strength, detail):
                return tried.last
            if tried.attempts[-1].shortfall <= NARROW and tried.passes(name, *harder[0]):
                return tried.last
        best = tried.best_of(group)
        if any(tried.passes(name, *each) for each, name in product(harder, best)):
            return tried.last
    attempt = max(tried.attempts, key=lambda each: _score(each.told()))
    return attempt.told(), attempt.swap


class _Tried:
    """What was tried. On which frame one failed the next one is likely to: it comes first from then on."""

    def __init__(
        self, make: MakeSwap, samples: Sequence[Sample], originals: NDArray[np.float64], rest: Sequence[Sample]
    ) -> None:
        self.attempts: list[_Attempt] = []
        self._make, self._pictures = make, list(zip(samples, originals, strict=True))
        self._rest: list[tuple[Sample, NDArray[np.float64] | None]] = [(sample, None) for sample in rest]

    @property
    def last(self) -> tuple[Trial, Swap]:
        return self.attempts[-1].told(), self.attempts[-1].swap

    def passes(self, name: str, strength: float, detail: float) -> bool:
        if any((each.name, each.strength, each.detail) == (name, strength, detail) for each in self.attempts):
            return False  # it would have ended the search
        attempt = _Attempt(name, self._make(name, strength, detail), strength, detail, list(self._pictures))
        self.attempts.append(attempt)
        if not attempt.passes():
            self._pictures.insert(0, self._pictures.pop(attempt.n_done - 1))
            return False
        failing = self._failing(attempt.swap)
        if failing is None:
            return True
        picture, distance = failing
        self._pictures.insert(0, picture)
        attempt.add(picture, distance)
        return False

    def _failing(self, swap: Swap) -> tuple[Picture, float] | None:
        """A frame of the rest on which a swap falls short, taken out of it; two are looked at at once."""

        def looked_at(at: int) -> tuple[float, NDArray[np.float64]]:
            sample, original = self._rest[at]
            known = describe(sample) if original is None else original
            self._rest[at] = (sample, known)
            return _distance(swap, sample, known), known

        with ThreadPoolExecutor(2, "checking") as pool:
            for at, (distance, known) in enumerate(pool.map(looked_at, range(len(self._rest)))):
                if distance < PASS_EACH:
                    pool.shutdown(cancel_futures=True)
                    return (self._rest.pop(at)[0], known), distance
        return None

    def best_of(self, group: Sequence[str]) -> list[str]:
        """The few of a group who came the farthest from the patient, in the group's order."""
        least = {name: max(each.least for each in self.attempts if each.name == name) for name in group}
        best = sorted(group, key=lambda name: -least[name])[:BEST]
        return [name for name in group if name in best]


class _Attempt:
    """One donor put on the samples one by one, and only as long as it may still pass."""

    def __init__(
        self, name: str, swap: Swap, strength: float, detail: float,
        pictures: Sequence[Picture],
    ) -> None:  # fmt: skip
        self.name, self.swap = name, swap
        self.strength, self.detail = strength, detail
        self._pictures = pictures
        self._distances: list[float] = []

    @property
    def n_done(self) -> int:
        return len(self._distances)

    @property
    def least(self) -> float:
        return min(self._distances)

    @property
    def shortfall(self) -> float:
        """How far what was tried so far stays behind the bounds; over 0 where it does."""
        return max(PASS_EACH - self.least, PASS_MEAN - float(np.mean(self._distances)))

    def passes(self) -> bool:
        while self.n_done < len(self._pictures):
            if self._next() < PASS_EACH:
                return False
        return self.told().passed

    def add(self, picture: Picture, distance: float) -> None:
        """One picture more, that was looked at elsewhere."""
        self._pictures = [*self._pictures, picture]
        self._distances.append(distance)

    def told(self) -> Trial:
        """The trial on all samples."""
        while self.n_done < len(self._pictures):
            self._next()
        return Trial(self.name, self.strength, self.detail, float(np.mean(self._distances)), self.least)

    def _next(self) -> float:
        sample, original = self._pictures[self.n_done]
        self._distances.append(_distance(self.swap, sample, original))
        return self._distances[-1]


def _score(trial: Trial) -> float:
    return min(trial.mean - PASS_MEAN, trial.least - PASS_EACH)


def _distance(swap: Swap, sample: Sample, original: NDArray[np.float64]) -> float:
    """Distance of a swapped sample to the original one."""
    changed = copied(sample)
    swap(changed.frame, changed.mesh)
    return float(np.linalg.norm(describe(changed) - original))


def describe(sample: Sample) -> NDArray[np.float64]:
    """(128,) descriptor of a sample."""
    return view_of(sample).described()


def view_of(sample: Sample) -> View:
    """A sample as the recogniser looks at it."""
    return View(sample.frame.rgb, _box(sample.mesh))


def _box(mesh: NDArray[np.float64]) -> FaceBox:
    """A square from the brows to the chin, as the recogniser's own detector gives them."""
    top, bottom = float(mesh[list(BROWS), 1].min()), float(mesh[CHIN, 1])
    left, right = float(mesh[list(OVAL), 0].min()), float(mesh[list(OVAL), 0].max())
    side = max(bottom - top, 1.0)
    return FaceBox((left + right - side) / 2, top, side, side)
