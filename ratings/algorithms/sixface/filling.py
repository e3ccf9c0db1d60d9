"""Finding the strangers of all trials of a judge, so that nobody is met too often."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from ratings.algorithms.ordering import Infeasible


class Open(Protocol):
    """A trial with `need` strangers to be found out of `among`; they go into `strangers`."""

    among: tuple[int, ...]
    strangers: list[int]

    @property
    def need(self) -> int: ...


@dataclass(slots=True)
class Exposures:
    """How often each participant is met as a control; at most `cap` times, 0 for any number."""

    cap: int = 0
    met: Counter[int] = field(default_factory=Counter)

    def add(self, who: int) -> None:
        self.met[who] += 1

    def full(self, who: int) -> bool:
        return bool(self.cap) and self.met[who] >= self.cap


def fill(trials: Sequence[Open], here: Exposures, everywhere: Exposures, random: Random) -> None:
    """Give each trial its strangers: whoever this judge met least, then whom all judges met least, then by lot.

    When nobody is left for a trial, somebody is moved over from another one, along a chain if need be (augmenting
    paths), so that it fails only where no choice of strangers keeps the cap.

    Raises
    ------
    Infeasible : "controls": with the cap there are too few
    """
    before = everywhere.met.copy()
    order = random.sample(range(len(trials)), len(trials))
    for number in sorted(order, key=lambda number: len(trials[number].among)):
        trial = trials[number]
        for _ in range(trial.need):
            if not _give(trial, trials, here, before, random, set()):
                raise Infeasible(
                    "controls", n=len({who for each in trials for who in each.among}), most=here.cap,
                    needed=sum(each.need for each in trials), missing=trial.need - len(trial.strangers),
                )  # fmt: skip
    for trial in trials:
        random.shuffle(trial.strangers)
        everywhere.met.update(trial.strangers)


def _give(
    trial: Open, trials: Sequence[Open], here: Exposures, before: Counter[int], random: Random, tried: set[int]
) -> bool:
    """One more stranger for a trial; False when there is none."""
    able = [who for who in random.sample(trial.among, len(trial.among)) if who not in trial.strangers]
    for who in sorted(able, key=lambda who: (here.met[who], before[who])):
        if who in tried:
            continue
        tried.add(who)
        if not here.full(who) or _freed(who, trials, here, before, random, tried):
            trial.strangers.append(who)
            here.add(who)
            return True
    return False


def _freed(
    who: int, trials: Sequence[Open], here: Exposures, before: Counter[int], random: Random, tried: set[int]
) -> bool:
    """Another trial takes somebody else in place of `who`."""
    for other in trials:
        if who in other.strangers and _give(other, trials, here, before, random, tried):
            other.strangers.remove(who)
            here.met[who] -= 1
            return True
    return False
