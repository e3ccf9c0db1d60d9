"""Methods side by side: means with intervals over participants, and which items each keeps enough for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from analysis.algorithms.fidelity.fitness import Fit, Verdict, criteria, fits
from analysis.algorithms.fidelity.intervals import Mean, clustered_means
from analysis.dashboard_columns import GROUPS, MOTION
from analysis.dashboard_rows import Measured, Shown, labels
from analysis.fidelity_columns import Column
from analysis.training_facts import Training, trainings
from deid.algorithms.registry import get_method
from frontend.told import told

COLUMNS = tuple(column for columns in GROUPS.values() for column in columns)
PATHS = tuple(dict.fromkeys([*(column.path for column in COLUMNS), *(one.path for one in criteria())]))


@dataclass(frozen=True, slots=True)
class Cell:
    column: Column
    mean: Mean
    reason: str  # why there is no number

    @property
    def value(self) -> str:
        return _text(self.mean.mean, self.column.digits)

    @property
    def interval(self) -> str:
        if not np.isfinite(self.mean.low):
            return ""
        low, high = (_text(value, self.column.digits) for value in (self.mean.low, self.mean.high))
        return f"{low} {_('to')} {high}"


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method of the table."""

    label: str
    n: int
    n_participants: int
    groups: Sequence[Sequence[Cell]]
    fits: Sequence[Fit]
    training: Training | None

    @property
    def compared(self) -> bool:
        return self.training is None or self.training.enough

    @property
    def keeps(self) -> list[Fit]:
        return [fit for fit in self.fits if fit.verdict == Verdict.KEPT]


def method_rows(found: Shown) -> list[MethodRow]:
    """Compared methods by how much motion they keep, then those that are not compared."""
    known = trainings({name: [one.rendition for one in rows] for name, rows in found.by_method.items()})
    rows = []
    for name, measured in found.by_method.items():
        means = means_of(measured, PATHS)
        row = _row(told(get_method(name).label), measured, means, known.get(name))
        rows.append((not row.compared, -np.nan_to_num(means[MOTION].mean, nan=-np.inf), row))
    return [row for *_, row in sorted(rows, key=lambda one: one[:2])]


def means_of(measured: Sequence[Measured], paths: Sequence[str]) -> dict[str, Mean]:
    """Means over recordings with intervals over participants, by path."""
    numbers = [[one.number(path) for path in paths] for one in measured]
    values = np.array([[each if isinstance(each, float) else np.nan for each in row] for row in numbers])
    people = np.array([one.participant for one in measured])
    return dict(zip(paths, clustered_means(values.reshape(len(measured), len(paths)), people), strict=True))


def _row(label: str, measured: Sequence[Measured], means: Mapping[str, Mean], training: Training | None) -> MethodRow:
    groups = [cells(measured, columns, means) for columns in GROUPS.values()]
    people = {one.participant for one in measured}
    return MethodRow(label, len(measured), len(people), groups, fits(means), training)


def table(by_method: Mapping[str, Sequence[Measured]], columns: Sequence[Column]) -> Iterator[tuple[str, list[Cell]]]:
    """Numbers of each method, for tables beside figures."""
    for label, rows in zip(labels(by_method).values(), by_method.values(), strict=True):
        yield label, cells(rows, columns, means_of(rows, [column.path for column in columns]))


def cells(measured: Sequence[Measured], columns: Sequence[Column], means: Mapping[str, Mean]) -> list[Cell]:
    return [Cell(column, means[column.path], _reason(measured, column.path)) for column in columns]


def _reason(measured: Sequence[Measured], path: str) -> str:
    """Why nobody has the number: the first reason that is given; empty where somebody has it."""
    found = [one.number(path) for one in measured]
    reasons = [each for each in found if isinstance(each, str)]
    return reasons[0] if len(reasons) == len(found) else ""


def _text(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−") if np.isfinite(value) else "–"
