"""Which MDS-UPDRS items a method keeps enough for: a rule over metrics, stated here and shown on the page as it is.

An item has criteria; each is a metric with limits. A criterion holds where the whole 95% interval of its mean over
participants lies within its limits, fails where the whole interval lies outside, and is not shown either way where the
interval crosses a limit. Fewer than `LEAST` participants with a number make it unknown. An item is kept where all its
criteria hold, lost where one fails, and otherwise as little known as the least known of them: what was not measured
is never taken for kept. The limits are conventions of this product, none of them published: they say that nearly
nothing is lost on the way, not that raters would agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite

from analysis.algorithms.fidelity.intervals import Mean

LEAST = 5  # participants


class Verdict(StrEnum):
    KEPT = "kept"
    LOST = "lost"
    OPEN = "open"  # the interval crosses a limit
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Criterion:
    """A number of a report (`path`) that must lie from `low` to `high`."""

    label: str
    path: str
    low: float = -inf
    high: float = inf

    @property
    def limits(self) -> str:
        """In signs."""
        if isfinite(self.low) and isfinite(self.high):
            return f"{self.low:g} – {self.high:g}"
        return f"≥ {self.low:g}" if isfinite(self.low) else f"≤ {self.high:g}"


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the scale by number and a name of our own, and what must be kept for it."""

    number: str
    name: str
    criteria: tuple[Criterion, ...]


MOTION = Criterion("Motion, chance 0 to ceiling 1", "between.r_cca", low=0.8)
AMPLITUDE = Criterion("Slope of motion", "metrics.dynamics.slope", 0.8, 1.25)
BLINKS_FOUND = Criterion("Blinks: recall, personal", "metrics.blinks.personal.recall", low=0.8)
BLINKS_RIGHT = Criterion("Blinks: precision, personal", "metrics.blinks.personal.precision", low=0.8)
LIPS = Criterion("Parted lips: added share", "metrics.lips.added.share", -0.1, 0.1)
BODY = Criterion("Body OKS > 0.95", "metrics.body_openpose.over_95", low=0.97)

# One line for an item; the numbers are the scale's, the limits ours.
ITEMS: tuple[Item, ...] = (
    Item("3.1", "Speech", (
        Criterion("Sound: r of loudness", "metrics.sound.r", low=0.95),
        Criterion("Sound: gain (dB)", "metrics.sound.gain", -1.0, 1.0),
    )),
    Item("3.2", "Facial expression", (MOTION, AMPLITUDE, BLINKS_FOUND, BLINKS_RIGHT, LIPS)),
    Item("3.4-3.8", "Movements of the limbs", (BODY,)),
    Item("3.9-3.14", "Gait, posture and slowness", (BODY,)),
    Item("3.17", "Rest tremor, lip and jaw", (
        Criterion("Tremor of lip: gain", "metrics.tremor.lip_in_head.transfer.gain", 0.8, 1.25),
        Criterion("Tremor of lip: coherence", "metrics.tremor.lip_in_head.transfer.coherence", low=0.8),
    )),
)  # fmt: skip


def criteria() -> tuple[Criterion, ...]:
    """All that items ask for, each once."""
    return tuple(dict.fromkeys(one for item in ITEMS for one in item.criteria))


@dataclass(frozen=True, slots=True)
class Fit:
    """The verdict on an item, and on each of its criteria."""

    item: Item
    verdict: Verdict
    parts: Sequence[tuple[Criterion, Verdict]]


def judged(criterion: Criterion, found: Mean | None) -> Verdict:
    if found is None or found.n_participants < LEAST or not all(map(isfinite, (found.mean, found.low, found.high))):
        return Verdict.UNKNOWN
    if criterion.low <= found.low and found.high <= criterion.high:
        return Verdict.KEPT
    if found.high < criterion.low or found.low > criterion.high:
        return Verdict.LOST
    return Verdict.OPEN


def fits(means: Mapping[str, Mean]) -> list[Fit]:
    """Every item from the means of one method by path."""
    return [_fit(item, [(one, judged(one, means.get(one.path))) for one in item.criteria]) for item in ITEMS]


def _fit(item: Item, parts: Sequence[tuple[Criterion, Verdict]]) -> Fit:
    found = {verdict for _, verdict in parts}
    order = (Verdict.LOST, Verdict.UNKNOWN, Verdict.OPEN, Verdict.KEPT)
    return Fit(item, next(each for each in order if each in found), parts)
