"""CSV that spreadsheets open without running anything in it."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from analysis.queries import COLUMNS
from ratings.models import Study

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file whose `write` gives back the line, so that lines can be streamed."""

    def write(self, line: str) -> str:
        return line


def safe_cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow([safe_cell(value) for value in row])


def ratings_csv(study: Study, frame: pd.DataFrame) -> Iterator[str]:
    """One line for each current answer."""
    given = frame[frame["saved_at"].notna()]
    yield from csv_lines([["study", *COLUMNS]])
    yield from csv_lines(_row(study, row) for row in given[list(COLUMNS)].itertuples(index=False))


def _row(study: Study, row: Any) -> list[Any]:
    score = "" if pd.isna(row.score) else int(row.score)
    cells = row._replace(score=score, not_sure=int(row.not_sure), saved_at=row.saved_at.isoformat())
    return [study.name, *cells]
