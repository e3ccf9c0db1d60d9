"""Closed six-face experiments on one cohort beside each other, each with another method."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import User
from analysis.sixface_result import Result
from analysis.sixface_services import read_experiment
from deid.algorithms.registry import get_method
from frontend.told import told
from ratings.models import Experiment
from ratings.sixface_protocol import CONTROLS


@dataclass(frozen=True, slots=True)
class Beside:
    """One experiment of a comparison. `n_common` of its judges who count do so in the first experiment too."""

    experiment: Experiment
    result: Result
    n_common: int

    @property
    def method(self) -> str:
        return told(get_method(self.experiment.method).label)

    @property
    def controls(self) -> str:
        return told(CONTROLS[self.experiment.design.controls])

    @property
    def name(self) -> str:
        """Of its bar: two experiments may have the same method."""
        return f"{self.method} · {self.experiment.name}"

    @property
    def bound_shown(self) -> bool:
        return self.result.bound.high <= self.experiment.design.upper_bound


def read_beside(*, experiment: Experiment, result: Result, others: Iterable[Experiment], reader: User) -> list[Beside]:
    """The first, whose result was read already, and each of the others: a look of its own in the audit log."""
    judges = _judges(experiment, result)
    rows = [Beside(experiment, result, len(judges))]
    for other in others:
        read = read_experiment(experiment=other, reader=reader, note=f"page, beside experiment {experiment.pk}")
        rows.append(Beside(other, read, len(judges & _judges(other, read))))
    return rows


def _judges(experiment: Experiment, result: Result) -> set[int]:
    """The accounts behind the numbers of those who count."""
    numbers = set(result.by_judge) - {one.judge for one in result.excluded}
    return {judge.user_id for judge in experiment.judges.all() if judge.number in numbers}
