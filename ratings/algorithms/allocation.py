"""In which order each rater sees both versions of every recording."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

ATTEMPTS = 300


@dataclass(frozen=True, slots=True)
class Slot:
    """A recording that is shown in two versions. `stratum` (its task) is balanced for itself."""

    recording: int
    participant: int
    stratum: str = ""


@dataclass(frozen=True, slots=True)
class Showing:
    """One version of one recording."""

    slot: Slot
    original: bool


def least_distance(n_recordings: int) -> int:
    """How many positions lie at least between the two versions of a recording (1 means adjacent)."""
    return max(1, n_recordings // 3)


def allocate(slots: Sequence[Slot], *, n_raters: int, seed: int) -> list[list[Showing]]:
    """A shuffled order for each rater.

    Every order has two blocks. The first shows one version of each recording, the second the other one. Half the
    recordings of a rater (of each stratum, to within one) begin with the original, and a recording that begins with
    the original for one rater begins with the de-identified version for the next. The two versions of a recording are
    at least `least_distance` positions apart, always; two showings of one participant are adjacent only where the
    search (`ATTEMPTS` random orders) finds no order without.

    Parameters
    ----------
    slots : the recordings, each once
    n_raters : how many orders to make
    seed : the same seed gives the same orders

    Returns
    -------
    list of n_raters lists of 2 * len(slots) showings
    """
    if len({slot.recording for slot in slots}) != len(slots):
        raise ValueError("a recording is named twice: give each recording once")
    # Neighbours in this fixed order alternate; sorted by stratum, so that each stratum is balanced.
    turn = sorted(_shuffled(slots, Random(f"{seed}/turn")), key=lambda slot: slot.stratum)  # noqa: S311 - not a secret
    orders = []
    for rater in range(n_raters):
        original_first = {slot: (place + rater) % 2 == 0 for place, slot in enumerate(turn)}
        first, second = _blocks(turn, Random(f"{seed}/rater {rater}"))  # noqa: S311
        orders.append(
            [Showing(slot, original_first[slot]) for slot in first]
            + [Showing(slot, not original_first[slot]) for slot in second]
        )
    return orders


def _shuffled(slots: Sequence[Slot], random: Random) -> list[Slot]:
    return random.sample(list(slots), len(slots))


def _blocks(slots: Sequence[Slot], random: Random) -> tuple[list[Slot], list[Slot]]:
    """Two orders of the slots with the fewest neighbours of one participant among those tried."""
    best: tuple[list[Slot], list[Slot]] = ([], [])
    fewest = len(slots) * 2 + 1
    for _attempt in range(ATTEMPTS):
        first = _spread(slots, random, None, lambda slot, position: True)
        second = _second(first, random)
        adjacent = _n_adjacent(first + second)
        if adjacent < fewest:
            best, fewest = (first, second), adjacent
        if fewest == 0:
            break
    return best


def _second(first: Sequence[Slot], random: Random) -> list[Slot]:
    """The second block: a recording that came late in the first may not come early in it.

    The positions of a recording, p in the first block and q in the second, are n + q - p apart. At any q the
    first n - least + q + 1 recordings of the first block are allowed and q are used up: one is always left.
    """
    n, place = len(first), {slot: p for p, slot in enumerate(first)}
    return _spread(
        first,
        random,
        first[-1].participant if first else None,
        lambda slot, position: n + position - place[slot] >= least_distance(n),
    )


def _spread(
    slots: Sequence[Slot], random: Random, before: int | None, allowed: Callable[[Slot, int], bool]
) -> list[Slot]:
    """A random order in which, where possible, no participant follows himself."""
    waiting, order, previous = _shuffled(slots, random), [], before
    count = Counter(slot.participant for slot in slots)
    for position in range(len(slots)):
        left = len(waiting)
        able = [slot for slot in waiting if allowed(slot, position)]
        apart = [slot for slot in able if slot.participant != previous]
        # A participant with more recordings left than half of the free positions must come now.
        urgent = [slot for slot in apart if count[slot.participant] > left // 2]
        chosen = (urgent or apart or able)[0]
        waiting.remove(chosen)
        order.append(chosen)
        previous = chosen.participant
        count[previous] -= 1
    return order


def _n_adjacent(order: Sequence[Slot]) -> int:
    return sum(a.participant == b.participant for a, b in pairwise(order))
