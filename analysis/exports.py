"""Exports of results."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.queries import COLUMNS
from frontend.csv_lines import csv_lines
from ratings.models import Study


def ratings_csv(study: Study, frame: pd.DataFrame) -> Iterator[str]:
    """One line for each current answer."""
    given = frame[frame["saved_at"].notna()]
    yield from csv_lines([["study", *COLUMNS]])
    yield from csv_lines(_row(study, row) for row in given[list(COLUMNS)].itertuples(index=False))


def _row(study: Study, row: Any) -> list[Any]:
    score = "" if pd.isna(row.score) else int(row.score)
    cells = row._replace(score=score, not_sure=int(row.not_sure), saved_at=row.saved_at.isoformat())
    return [study.name, *cells]
