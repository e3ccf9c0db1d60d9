"""The table of methods as texts, for pages. Light: the web process reads it too."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from analysis.fidelity_columns import COLUMNS, GROUPS, Column
from analysis.fidelity_table import Cell


@dataclass(frozen=True, slots=True)
class Table:
    """Texts; the first of each row is its name."""

    title: str
    heads: list[str]
    rows: list[list[str]]


def shown(value: Cell, digits: int, n_clips: int) -> str:
    """A cell as text: the mean, and over how many clips where it is not all of them."""
    if value.mean is None:
        return "–"
    text = f"{round(value.mean, digits) + 0.0:.{digits}f}"  # no minus before zero
    return text if value.n == n_clips else f"{text} (n = {value.n})"


def tables(cells: Mapping[str, Mapping[str, Cell]], n_clips: int) -> list[Table]:
    """One table for each group of columns."""
    return [Table(title, *table_rows(cells, n_clips, columns)) for title, columns in GROUPS.items()]


def table_rows(
    cells: Mapping[str, Mapping[str, Cell]], n_clips: int, columns: Sequence[Column] = COLUMNS
) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of text."""
    heads = ["Method", *(f"{column.label} → {column.aim}" if column.aim else column.label for column in columns)]
    rows = [
        [name, *(shown(row[column.label], column.digits, n_clips) for column in columns)] for name, row in cells.items()
    ]
    return heads, rows


def missing(cells: Mapping[str, Mapping[str, Cell]]) -> list[str]:
    """Why numbers are missing, one line for each kind of reason and row; clips differ in numbers of frames only."""
    kinds: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for name, row in cells.items():
        for label, each in row.items():
            for reason in each.reasons:
                _, labels = kinds.setdefault((name, re.sub(r"[0-9.]+", "#", reason)), (reason, []))
                if label not in labels:
                    labels.append(label)
    return [f"{name}: {reason} ({', '.join(labels)})" for (name, _), (reason, labels) in kinds.items()]


def plain_cells(cells: Mapping[str, Mapping[str, Cell]]) -> dict[str, Any]:
    return {name: {label: asdict(each) for label, each in row.items()} for name, row in cells.items()}


@dataclass(frozen=True, slots=True)
class Line:
    """One number of every row of the table, and why it is missing where it is."""

    label: str
    aim: str
    cells: list[str]
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: list[Line]


def sections(cells: Mapping[str, Mapping[str, Cell]], n_clips: Mapping[str, int]) -> list[Section]:
    """The table turned over: numbers as rows, so that it fits a page; `n_clips` of each column."""
    return [Section(title, [_line(column, cells, n_clips) for column in columns]) for title, columns in GROUPS.items()]


def _line(column: Column, cells: Mapping[str, Mapping[str, Cell]], n_clips: Mapping[str, int]) -> Line:
    found = {name: row[column.label] for name, row in cells.items()}
    texts = [shown(cell, column.digits, n_clips[name]) for name, cell in found.items()]
    reasons = dict.fromkeys(reason for cell in found.values() if not cell.n for reason in cell.reasons)
    return Line(column.label, column.aim, texts, list(reasons))
