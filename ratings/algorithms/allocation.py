"""In which order one rater sees the versions of every recording.

A study is shown in *blocks*. In a block a recording is shown at most once, in one version; in the next block comes its
next version, or the same one again: a hidden repeat. Each block has the same number of *sessions* (sittings), and a
recording keeps its session within the block. So any two showings of one recording are a whole number of blocks apart,
versions and repeats at the same lag, and the days between blocks are kept session by session (`ratings.sittings`).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from random import Random

from ratings.algorithms.ordering import Card, Infeasible, spread

__all__ = ["ALGORITHM", "Infeasible", "Rules", "Showing", "Slot", "allocate", "canonical", "fingerprint"]

ALGORITHM = "blocks/1"  # raise it with every change that gives other orders


@dataclass(frozen=True, slots=True)
class Slot:
    """A recording. `stratum` (its task) is balanced for itself; `donors` are those of its versions after the first."""

    recording: int
    participant: int
    stratum: str = ""
    donors: tuple[str, ...] = ()

    def donor(self, version: int) -> str:
        """Whose face a version wears; empty for the original and where no face is put in place."""
        return self.donors[version - 1] if 0 < version <= len(self.donors) else ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What every order must keep.

    Attributes
    ----------
    versions : of each recording; version 0 is the original
    sessions : sittings in each block
    repeats : share of the recordings, 0-1, of which one version is shown twice; as many of each version
    participant_distance : least number of showings between two of one participant within a session
    donor_distance : the same for two showings with one donor
    donor_cap : most showings with one donor in a session; 0 for any number
    """

    versions: int = 2
    sessions: int = 1
    repeats: float = 0.0
    participant_distance: int = 1
    donor_distance: int = 0
    donor_cap: int = 0


@dataclass(frozen=True, slots=True)
class Showing:
    """One version of one recording, in one sitting."""

    slot: Slot
    version: int
    session: int
    repeat: bool = False

    @property
    def donor(self) -> str:
        return self.slot.donor(self.version)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The versions of a recording in consecutive blocks from block `start` on, always in one sitting of them."""

    slot: Slot
    start: int
    order: tuple[int, ...]
    sitting: int = 0


def allocate(slots: Sequence[Slot], rules: Rules, *, rater: int, seed: str, first_session: int = 0) -> list[Showing]:
    """The order of one rater. It depends on nothing but the arguments: other raters can come and go.

    Parameters
    ----------
    slots : the recordings, each once
    rater : number of the rater; what begins with one version for a rater begins with another for the next
    seed : the same seed gives the same order
    first_session : number of the first sitting; recordings that come late begin after those that were there

    Raises
    ------
    Infeasible : no order keeps the rules; it says which rule and why
    """
    if len({slot.recording for slot in slots}) != len(slots):
        raise ValueError("a recording is named twice: give each recording once")
    # Sorted first: the order in which recordings are given must not matter.
    slots = sorted(slots, key=lambda slot: slot.recording)
    plans = _sittings(_plans(slots, rules, rater=rater, seed=seed), rules, Random(f"{seed}/sittings {rater}"))  # noqa: S311
    random, showings = Random(f"{seed}/order {rater}"), []  # noqa: S311 - reproducible; the seed is sealed
    n_blocks = max((plan.start + len(plan.order) for plan in plans), default=0)
    for session in range(n_blocks * rules.sessions):
        block, sitting = divmod(session, rules.sessions)
        shown = [_shown(plan, block, first_session + session) for plan in plans if plan.sitting == sitting]
        showings += _ordered([showing for showing in shown if showing is not None], rules, random)
    return showings


def canonical(showings: Sequence[Showing], *, seed: str, rater: int) -> bytes:
    """The bytes that are hashed. The seed is among them: without it nobody tries out which arms fit the hash."""
    rows = [[s.slot.recording, s.version, s.session, int(s.repeat)] for s in showings]
    told = {"algorithm": ALGORITHM, "rater": rater, "seed": seed, "showings": rows}
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def fingerprint(showings: Sequence[Showing], *, seed: str, rater: int) -> str:
    """SHA-256 of an order, to be kept in the open while the order is sealed."""
    return hashlib.sha256(canonical(showings, seed=seed, rater=rater)).hexdigest()


def _sequences(versions: int) -> list[tuple[int, ...]]:
    """Orders of the versions in which each stands in each place equally often; the first place goes round."""
    if versions <= 2:
        return list(permutations(range(versions)))
    forth = [tuple((first + step) % versions for step in range(versions)) for first in range(versions)]
    back = [tuple((first - step) % versions for step in range(versions)) for first in range(versions)]
    return forth + back


def _plans(slots: Sequence[Slot], rules: Rules, *, rater: int, seed: str) -> list[_Plan]:
    """Which recording begins with which version, and of which one version is shown again."""
    by_lot = Random(f"{seed}/turn").sample(slots, len(slots))  # noqa: S311 - reproducible; the seed is sealed
    # The same for all raters, whose neighbours take turns in it; by stratum, so that each is balanced for itself.
    turn = sorted(by_lot, key=lambda slot: slot.stratum)
    n_repeated = _n_repeated(len(slots), rules)
    # The repeated ones move on from rater to rater, so that repeats come from as many recordings as possible.
    first = rater * n_repeated
    repeated = {by_lot[place % len(by_lot)] for place in range(first, first + n_repeated)}
    sequences, plans = _sequences(rules.versions), []
    for place, slot in enumerate(slot for slot in turn if slot not in repeated):
        start = (place // len(sequences) + rater) % 2 if repeated else 0
        plans.append(_Plan(slot, start, sequences[(place + rater) % len(sequences)]))
    for place, slot in enumerate(slot for slot in turn if slot in repeated):
        order = sequences[(place + rater) % len(sequences)]
        again = (place // len(sequences) + place) % rules.versions
        at = order.index(again)
        plans.append(_Plan(slot, 0, (*order[: at + 1], *order[at:])))
    return plans


def _n_repeated(n_slots: int, rules: Rules) -> int:
    """A whole number for each version, so that no arm is repeated more often than another."""
    wanted = round(n_slots * rules.repeats)
    if rules.repeats and wanted < rules.versions:
        raise Infeasible("repeats", n=n_slots, needed=rules.versions, wanted=wanted)
    return wanted // rules.versions * rules.versions


def _sittings(plans: Sequence[_Plan], rules: Rules, random: Random) -> list[_Plan]:
    """Sittings of equal size; the recordings of one donor, and of one participant, in as many of them as possible."""
    by_lot = random.sample(list(plans), len(plans))
    place: dict[object, int] = {}
    for number, plan in enumerate(by_lot):
        place[plan.slot.donors] = place[plan.slot.participant] = number
    together = sorted(by_lot, key=lambda plan: (place[plan.slot.donors], place[plan.slot.participant]))
    first = random.randrange(rules.sessions)
    return [
        _Plan(plan.slot, plan.start, plan.order, (first + number) % rules.sessions)
        for number, plan in enumerate(together)
    ]


def _shown(plan: _Plan, block: int, session: int) -> Showing | None:
    """What a block shows of a recording; nothing before its first block and after its last."""
    at = block - plan.start
    if not 0 <= at < len(plan.order):
        return None
    return Showing(plan.slot, plan.order[at], session, repeat=at > 0 and plan.order[at] == plan.order[at - 1])


def _ordered(showings: list[Showing], rules: Rules, random: Random) -> list[Showing]:
    """A random order of one sitting that keeps the distances."""
    worn = Counter(showing.donor for showing in showings if showing.donor)
    for donor, n in sorted(worn.items()):
        if rules.donor_cap and n > rules.donor_cap:
            raise Infeasible("donor_cap", donor=donor, n=n, most=rules.donor_cap)
    cards = [Card(showing.slot.participant, showing.donor) for showing in showings]
    order = spread(cards, rules.participant_distance, rules.donor_distance, random)
    return [showings[place] for place in order]
