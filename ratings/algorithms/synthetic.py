"""Raters that do not exist, with planted bias and error, for a dry run of a study."""

from dataclasses import dataclass
from random import Random

LEAST, MOST = 0.6, 3.4  # true severities lie off the scale's ends, where clipping would hide what was planted


@dataclass(frozen=True, slots=True)
class Planted:
    """What is true of all synthetic raters of a study.

    Attributes
    ----------
    bias : points by which they score the de-identified version lower than the original
    leniency : sd over raters, points
    noise : sd of a rater's lasting opinion of a recording, points
    retest : sd of each single look, points
    not_sure, not_sure_deidentified : share of the looks without a score, of the original and of the others
    """

    bias: float = 0.0
    leniency: float = 0.2
    noise: float = 0.3
    retest: float = 0.4
    not_sure: float = 0.05
    not_sure_deidentified: float = 0.05


@dataclass(frozen=True, slots=True)
class SyntheticRater:
    """One of them; the same seed and number always answer the same."""

    planted: Planted
    number: int
    seed: str

    def answer(self, *, recording: int, item: str, original: bool, look: str, levels: int = 5) -> int | None:
        """A score, or None for “not sure”. `look` tells one showing from another."""
        told = self.planted
        by_chance = self._dice(recording, item, look)
        if by_chance.random() < (told.not_sure if original else told.not_sure_deidentified):
            return None
        severity = Random(f"{self.seed}/{recording}/{item}").uniform(LEAST, MOST)  # noqa: S311 - to be repeated
        opinion = self._dice(recording, item).gauss(0, told.noise) + self._dice().gauss(0, told.leniency)
        seen = severity + opinion + by_chance.gauss(0, told.retest) - (0 if original else told.bias)
        return min(max(round(seen), 0), levels - 1)

    def _dice(self, *what: object) -> Random:
        return Random("/".join(map(str, [self.seed, "rater", self.number, *what])))  # noqa: S311
