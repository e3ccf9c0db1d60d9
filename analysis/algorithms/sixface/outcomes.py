"""What judges answered: every pair of roles a class of its own, grouped as published, with exact intervals."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from ratings.algorithms.sixface.bounds import Interval, exact
from ratings.algorithms.sixface.roles import Kind, Role, pairs

N_PAIRS = 15  # of six faces


class Outcome(StrEnum):
    """Which two roles a judge paired; in the order of tables."""

    NONE = "none"
    DEIDENTIFIED_ORIGINAL = "deidentified+original"
    DEIDENTIFIED_SOURCE = "deidentified+source"
    DEIDENTIFIED_CONTROL = "deidentified+control"
    ORIGINAL_SOURCE = "original+source"
    ORIGINAL_CONTROL = "original+control"
    SOURCE_CONTROL = "source+control"
    CONTROL_CONTROL = "control+control"


class Group(StrEnum):
    """The groups that FMP prints, and the one pair that it does not name."""

    NONE = "none"
    SOURCE = "source"  # de-identified with source
    CONTROL = "control"  # any pair with a control face
    ORIGINAL = "original"  # de-identified with original: re-identified
    UNNAMED = "unnamed"  # original with source


# FMP writes "one of the control faces with original, source, or other control" and not whether a control paired with
# the de-identified face counts there. It is a pair with a control, so it is grouped with them.
GROUPS: Mapping[Outcome, Group] = {
    Outcome.NONE: Group.NONE,
    Outcome.DEIDENTIFIED_ORIGINAL: Group.ORIGINAL,
    Outcome.DEIDENTIFIED_SOURCE: Group.SOURCE,
    Outcome.DEIDENTIFIED_CONTROL: Group.CONTROL,
    Outcome.ORIGINAL_SOURCE: Group.UNNAMED,
    Outcome.ORIGINAL_CONTROL: Group.CONTROL,
    Outcome.SOURCE_CONTROL: Group.CONTROL,
    Outcome.CONTROL_CONTROL: Group.CONTROL,
}
# Zhu et al. 2024: 7 judges, 532 trials, 59.0%, 22.6%, 16.7% and 1.7%.
PUBLISHED: Mapping[Group, int] = {Group.NONE: 314, Group.SOURCE: 120, Group.CONTROL: 89, Group.ORIGINAL: 9}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a judge, or a machine, answered to one trial.

    Attributes
    ----------
    judge, participant : who answered, and whose de-identified face was shown (0 in a catch trial)
    roles : of the six places
    pair : the two places that were taken for one person, the lower first; None for "no two"
    method : how the face was de-identified
    """

    judge: int
    participant: int
    roles: tuple[Role, ...]
    pair: tuple[int, int] | None
    kind: Kind = Kind.TEST
    method: str = ""

    def __post_init__(self) -> None:
        if len(self.roles) != 6:
            raise ValueError(f"a trial shows six faces, got {len(self.roles)}")
        if self.pair is not None and self.pair not in set(pairs()):
            raise ValueError(f"a pair is two different places from 0 to 5, the lower first; got {self.pair}")


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome: `count` of `shares.n` answers; `possible` of those showed such a pair; `chance` is the share that a
    judge who names a pair blindly would have among named pairs."""

    outcome: Outcome
    count: int
    share: Interval
    possible: int
    chance: float


def outcome_of(roles: Sequence[Role], pair: tuple[int, int] | None) -> Outcome:
    """The class of an answer to a trial about a de-identified face."""
    if pair is None:
        return Outcome.NONE
    order = [Role.DEIDENTIFIED, Role.ORIGINAL, Role.SOURCE, Role.CONTROL]
    one, two = sorted((roles[place] for place in pair), key=order.index)
    return Outcome(f"{one}+{two}")


def tests(answers: Iterable[Answer]) -> list[Answer]:
    """Those to trials about a de-identified face; catch trials are left out."""
    return [answer for answer in answers if answer.kind == Kind.TEST]


def table(answers: Iterable[Answer], confidence: float = 0.95) -> tuple[Row, ...]:
    """Counts and shares of every class, over all answers given to trials about a de-identified face."""
    asked = tests(answers)
    counts = Counter(outcome_of(answer.roles, answer.pair) for answer in asked)
    ways = Counter[Outcome]()
    possible = Counter[Outcome]()
    for answer in asked:
        here = Counter(outcome_of(answer.roles, pair) for pair in pairs())
        ways.update(here)
        possible.update([*here, Outcome.NONE])
    return tuple(
        Row(outcome, counts[outcome], exact(counts[outcome], len(asked), confidence), possible[outcome],
            ways[outcome] / (N_PAIRS * len(asked)) if asked else 0.0)
        for outcome in Outcome
    )  # fmt: skip


def grouped(rows: Iterable[Row]) -> dict[Group, int]:
    """Counts by FMP's groups."""
    counts = Counter[Group]()
    for row in rows:
        counts[GROUPS[row.outcome]] += row.count
    return {group: counts[group] for group in Group}


def shares(counts: Mapping[Group, int], confidence: float = 0.95) -> dict[Group, Interval]:
    """Exact intervals of the shares of groups."""
    total = sum(counts.values())
    return {group: exact(count, total, confidence) for group, count in counts.items()}


def by(answers: Iterable[Answer], key: Callable[[Answer], int | str]) -> dict[int | str, tuple[Row, ...]]:
    """The table of each judge, method or other group, in order of its key."""
    groups: dict[int | str, list[Answer]] = {}
    for answer in tests(answers):
        groups.setdefault(key(answer), []).append(answer)
    return {name: table(groups[name]) for name in sorted(groups, key=str)}


def crossed_counts(
    answers: Iterable[Answer], wanted: Callable[[Answer], bool], counted: Callable[[Answer], bool] = lambda answer: True
) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]:
    """(judges, participants) counts of the answers that are `wanted`, and of all that are `counted`."""
    asked = [answer for answer in tests(answers) if counted(answer)]
    judges = {judge: row for row, judge in enumerate(sorted({answer.judge for answer in asked}))}
    people = {who: column for column, who in enumerate(sorted({answer.participant for answer in asked}))}
    events, trials = (np.zeros((len(judges), len(people)), np.int_) for _ in range(2))
    for answer in asked:
        place = judges[answer.judge], people[answer.participant]
        trials[place] += 1
        events[place] += wanted(answer)
    return events, trials
