"""Trying donors on a few frames, judged by a recogniser, before the clip is rendered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product, zip_longest

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.judging import PASS_EACH, PASS_MEAN
from deid.algorithms.methods.motionmesh.describing import Distances, Worn
from deid.algorithms.methods.motionmesh.following import Sample
from deid.algorithms.methods.motionmesh.shape import fit_head
from deid.algorithms.methods.motionmesh.swap import Swap

FRAMES, STRONGEST = 3, 2  # tried: evenly spaced ones; those with the strongest expressions, the most turned one and the
# one whose lids are the lowest are the nearest to fail
# What is tried with the best donors where none passes: share of the wrinkles, strength added. Wrinkles are the dearer.
BEST = 3
# More frames, unlike one another, and how many of them, the likeliest to fail, who passes has to hold on. On the
# development clips the worst of all samples was always among those or those tried before.
MORE, CHECKED = 24, 8
HARDER = ((1.0, 0.25), (0.6, 0.25), (0.6, 0.5), (0.4, 0.4), (0.25, 0.25))
# Short of the bounds by no more than this, a donor who is alike looks more natural a little stronger than the next one,
# who is less alike, does as he is.
NARROW = 0.06
Shape = NDArray[np.float64]  # (n, 3) points


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


def spread(samples: Sequence[Sample], number: int = FRAMES) -> list[Sample]:
    """Samples evenly spaced over the clip."""
    if len(samples) <= number:
        return list(samples)
    return [samples[round(at)] for at in np.linspace(0, len(samples) - 1, number)]


def strongest(samples: Sequence[Sample], neutral: Shape, number: int = STRONGEST) -> list[Sample]:
    """Samples with strong expressions unlike one another: each the farthest from the (468, 3) neutral shape and from
    those before it."""
    shapes = [fit_head(neutral, sample.mesh[: len(neutral)]).undo(sample.mesh[: len(neutral)]) for sample in samples]
    return _farthest(samples, shapes, neutral, number)


def unlike(samples: Sequence[Sample], number: int = MORE) -> list[Sample]:
    """Samples unlike one another in pose and expression: each the farthest from those before it."""
    if not samples:
        return []
    shapes = [(sample.mesh - sample.mesh.mean(axis=0)) / sample.mesh.std() for sample in samples]
    return _farthest(samples, shapes, np.mean(shapes, axis=0), number)


def _farthest(samples: Sequence[Sample], shapes: Sequence[Shape], start: Shape, number: int) -> list[Sample]:
    away = np.array([np.abs(shape - start).mean() for shape in shapes])
    chosen: list[int] = []
    while len(chosen) < min(number, len(samples)):
        chosen.append(int(away.argmax()))
        away = np.minimum(away, [np.abs(shape - shapes[chosen[-1]]).mean() for shape in shapes])
    return [samples[at] for at in chosen]


def first_that_passes(
    groups: Iterable[Sequence[str]],
    distances: Distances,
    tried: int,
    rest: int,
    strength: float,
    detail: float,
) -> tuple[Trial, Swap]:
    """Try donors in order, one who falls short narrowly once more with more strength; where none of a group passes, its
    best ones with more strength and fewer wrinkles too, before those of the next group; else the best of all.

    Parameters
    ----------
    groups : names of donors, those who are alike before others
    distances : of samples; the first `tried` are tried, at least one, those the nearest to fail first, and who passes
        has to be far enough on the likeliest to fail of the next `rest` too
    strength, detail : where to begin
    """
    search = _Search(distances, list(range(tried)), list(range(tried, tried + rest)))
    harder = [(strength + more, detail * share) for share, more in HARDER]
    for group in groups:
        for name, following in zip_longest(group, group[1:]):
            if search.passes((name, strength, detail), (following, strength, detail) if following else None):
                return search.last
            if search.attempts[-1].shortfall <= NARROW and search.passes((name, *harder[0])):
                return search.last
        again = [(name, *each) for each, name in product(harder, search.best_of(group))]
        if any(search.passes(worn, following) for worn, following in zip_longest(again, again[1:])):
            return search.last
    return max(search.attempts, key=lambda each: _score(each.told())).outcome


class _Search:
    """What was tried. On which sample one failed the next one is likely to: it comes first from then on."""

    def __init__(self, distances: Distances, tried: list[int], rest: list[int]) -> None:
        self.attempts: list[_Attempt] = []
        self._distances, self._tried, self._rest = distances, tried, rest

    @property
    def last(self) -> tuple[Trial, Swap]:
        return self.attempts[-1].outcome

    def passes(self, worn: Worn, following: Worn | None = None) -> bool:
        """Whether a donor does; `following` is who will be tried when he doesn't."""
        if any(each.worn == worn for each in self.attempts):
            return False  # it would have ended the search
        attempt = _Attempt(worn, self._distances, list(self._tried))
        self.attempts.append(attempt)
        if not attempt.passes(following):
            self._tried.insert(0, self._tried.pop(attempt.n_done - 1))
            return False
        failing = self._failing(worn)
        if failing is None:
            return True
        self._rest.remove(failing)
        self._tried.insert(0, failing)
        attempt.add(failing)
        return False

    def _failing(self, worn: Worn) -> int | None:
        """A sample of the rest on which a donor falls short."""
        likeliest = self._distances.likeliest(worn, self._rest, self._tried)[:CHECKED]
        for number, following in zip_longest(likeliest, likeliest[1:]):
            likely = None if following is None else (worn, following)
            if self._distances.of(worn, number, likely) < PASS_EACH:
                return number
        return None

    def best_of(self, group: Sequence[str]) -> list[str]:
        """The few of a group who came the farthest from the patient, in the group's order."""
        least = {name: max(each.least for each in self.attempts if each.worn[0] == name) for name in group}
        best = sorted(group, key=lambda name: -least[name])[:BEST]
        return [name for name in group if name in best]


class _Attempt:
    """One donor put on the samples one by one, and only as long as it may still pass."""

    def __init__(self, worn: Worn, distances: Distances, numbers: list[int]) -> None:
        self.worn = worn
        self._distances, self._numbers = distances, numbers
        self._found: list[float] = []

    @property
    def n_done(self) -> int:
        return len(self._found)

    @property
    def least(self) -> float:
        return min(self._found)

    @property
    def shortfall(self) -> float:
        """How far what was tried so far stays behind the bounds; over 0 where it does."""
        return max(PASS_EACH - self.least, PASS_MEAN - float(np.mean(self._found)))

    @property
    def outcome(self) -> tuple[Trial, Swap]:
        return self.told(), self._distances.swap(self.worn)

    def passes(self, following: Worn | None) -> bool:
        """Most fail on the first sample: beside it the next donor is begun, beside the others the next sample."""
        while self.n_done < len(self._numbers):
            if self._next(following if self.n_done == 0 else None) < PASS_EACH:
                return False
        return self.told().passed

    def add(self, number: int) -> None:
        """One sample more, that was looked at elsewhere."""
        self._numbers.append(number)
        self._next()

    def told(self) -> Trial:
        """The trial on all samples."""
        while self.n_done < len(self._numbers):
            self._next()
        return Trial(*self.worn, float(np.mean(self._found)), self.least)

    def _next(self, following: Worn | None = None) -> float:
        number, then = self._numbers[self.n_done], self._numbers[self.n_done + 1 : self.n_done + 2]
        likely = (following, number) if following else (self.worn, then[0]) if then else None
        self._found.append(self._distances.of(self.worn, number, likely))
        return self._found[-1]


def _score(trial: Trial) -> float:
    return min(trial.mean - PASS_MEAN, trial.least - PASS_EACH)
