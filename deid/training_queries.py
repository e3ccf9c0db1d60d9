"""Reads of trainings."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from deid.training_models import TrainingRun

Curves = Mapping[str, list[list[float]]]


def training_list() -> QuerySet[TrainingRun]:
    """The newest trainings, without what only their own pages show."""
    rows = TrainingRun.objects.select_related("created_by").defer("curves", "config", "data")
    return rows[:100]


def last_values(curves: Mapping[str, Curves]) -> list[tuple[str, int, float]]:
    """Where each curve stands: its name, the step, the value."""
    return [
        (name, int(points[-1][0]), points[-1][1])
        for group in curves.values()
        for name, points in group.items()
        if points
    ]


def evaluation_rows(run: TrainingRun) -> list[tuple[str, Any]]:
    """What held-out data said of the network at the end."""
    return list((run.evaluation.get("held_out") or {}).items())
