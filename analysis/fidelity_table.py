"""The table of methods: means over clips of the numbers of their reports."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.errors import UNAVAILABLE
from analysis.fidelity_columns import COLUMNS

NOT_MEASURED = "not measured."  # as the distance to a donor of a re-encoded original


def look_up(report: Mapping[str, Any], path: str) -> float | str:
    """The number at a path, or the reason that stands in its place."""
    here: Any = report
    for name in path.split("."):
        if isinstance(here, Mapping) and UNAVAILABLE in here:
            return str(here[UNAVAILABLE])
        if not isinstance(here, Mapping) or name not in here:
            return NOT_MEASURED
        here = here[name]
    if isinstance(here, Mapping):
        return str(here.get(UNAVAILABLE, "not a number."))
    return float(here)


@dataclass(frozen=True, slots=True)
class Cell:
    """Mean and range over the clips where there is a number, how many those are, and the reasons of the others."""

    n: int
    mean: float | None
    lowest: float | None
    highest: float | None
    reasons: tuple[str, ...]


def cell(reports: Iterable[Mapping[str, Any]], path: str) -> Cell:
    """One cell of the table from a method's reports, one for each clip."""
    values = [look_up(report, path) for report in reports]
    numbers = [value for value in values if isinstance(value, float)]
    reasons = tuple(sorted({value for value in values if isinstance(value, str) and value != NOT_MEASURED}))
    if not numbers:
        return Cell(0, None, None, None, reasons)
    return Cell(len(numbers), float(np.mean(numbers)), min(numbers), max(numbers), reasons)


def as_ceiling(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """A report of the re-encoded original itself, so that it can be a row of the table."""
    return {"metrics": report["ceiling"]}


def table(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, dict[str, Cell]]:
    """Cells by row and column label."""
    return {name: {column.label: cell(reports, column.path) for column in COLUMNS} for name, reports in rows.items()}


def mean_of_pairs(reports: Iterable[Mapping[str, Any]], name: str) -> NDArray[np.float64] | None:
    """(1275,) means of each pair of landmarks over the clips where it is known; None without any clip.

    Parameters
    ----------
    name : "r_x", "r_y" or "r_cca"
    """
    clips = [report["metrics"]["pairs"] for report in reports if "metrics" in report]
    maps = [[_number(value) for value in clip[name]] for clip in clips if name in clip]
    if not maps:
        return None
    values = np.array(maps, dtype=float)
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def published_means(reports: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """FMP's three numbers as FMP averages them: over videos, then over all pairs, still ones too; empty without any."""
    maps = {name: mean_of_pairs(reports, name) for name in ("r_x", "r_y", "r_cca")}
    known = {name: values for name, values in maps.items() if values is not None and np.isfinite(values).any()}
    return {name: float(np.nanmean(values)) for name, values in known.items()}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
