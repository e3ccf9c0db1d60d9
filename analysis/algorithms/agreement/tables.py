"""The answers to one item in two versions, as arrays, and how a statistic of them is kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.agreement.resampling import ROUNDS, bootstrap_sums
from analysis.algorithms.agreement.scores import UNDEFINED, Floats

ORIGINAL, DEIDENTIFIED = 0, 1
FIRST, AGAIN = 0, 1

Whole = NDArray[np.int_]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Tables:
    """One item of a study: recordings by raters, in both versions, first showings and hidden repeats.

    codes : (2, 2, v, r) by version, showing, recording, rater: a score, or NOT_SURE or MISSING of `deviation`
    places : (2, 2, v, r) place in the rater's order; NaN where it was not shown
    sessions : (2, 2, v, r) sitting; NaN where it was not shown
    patients : (v,) whose each recording is
    """

    codes: Whole
    places: Floats
    sessions: Floats
    patients: Whole
    raters: tuple[str, ...]
    levels: int = 5

    def pairs(self) -> Flags:
        """(v, r) scored in both versions, at the first showings."""
        return (self.codes[:, FIRST] >= 0).all(axis=0)

    def deviation(self) -> Whole:
        """(v, r) original minus de-identified; it means something at `pairs` only."""
        return self.codes[ORIGINAL, FIRST] - self.codes[DEIDENTIFIED, FIRST]

    def scores(self, version: int) -> Floats:
        """(v, r) scores of the first showings of a version, NaN where there is none."""
        codes = self.codes[version, FIRST]
        return np.where(codes >= 0, codes, UNDEFINED)

    def by_patient(self, values: NDArray[Any]) -> Floats:
        """(p, ...) sums over each patient's recordings of (v, ...)."""
        names, of = np.unique(self.patients, return_inverse=True)
        sums = np.zeros((len(names), *values.shape[1:]))
        np.add.at(sums, of, values)
        return sums

    def of_raters(self, places: Sequence[int]) -> "Tables":
        chosen = list(places)
        return replace(
            self, codes=self.codes[..., chosen], places=self.places[..., chosen], sessions=self.sessions[..., chosen],
            raters=tuple(self.raters[place] for place in chosen),
        )  # fmt: skip

    def of_recordings(self, which: Flags) -> "Tables":
        return replace(
            self, codes=self.codes[:, :, which], places=self.places[:, :, which], sessions=self.sessions[:, :, which],
            patients=self.patients[which],
        )  # fmt: skip

    def with_the_sign(self) -> Flags:
        """(v,) recordings of patients whom any rater scored above 0 in either version.

        Both versions choose: by the original alone those would be taken whose original was scored high by chance.
        """
        shown = (self.codes[:, FIRST] > 0).any(axis=(0, 2))
        return np.isin(self.patients, np.unique(self.patients[shown]))


@dataclass(frozen=True, slots=True)
class Draw:
    """How intervals over patients are drawn."""

    rounds: int = ROUNDS
    seed: int = 1
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class Found:
    """One statistic with its interval over patients, and from how much it comes."""

    statistic: str
    value: float
    low: float = UNDEFINED
    high: float = UNDEFINED
    n: int = 0  # pairs, scores, or recordings, as the statistic has it
    n_participants: int = 0
    arm: str = ""
    rater: str = ""
    group: str = "all"
    p: float = UNDEFINED
    n_undefined: int = 0  # rounds of the bootstrap without a value


def measured(
    names: Sequence[str], statistic: Callable[[Floats], Floats], sums: Floats, draw: Draw, *, n: int, **where: str
) -> list[Found]:
    """Statistics of sums over patients, with their intervals.

    Parameters
    ----------
    statistic : of (..., m) sums gives (..., len(names))
    sums : (p, m) of each patient
    """
    found = bootstrap_sums(statistic, sums, rounds=draw.rounds, confidence=draw.confidence, seed=draw.seed)
    return [
        Found(name, one.value, one.low, one.high, n, one.n_clusters, n_undefined=one.n_undefined, **where)  # type: ignore[arg-type]
        for name, one in zip(names, found, strict=True)
    ]


def over(above: Floats, below: Floats) -> Floats:
    """A ratio; NaN where there is nothing below."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, above / below, UNDEFINED)
