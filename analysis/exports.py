"""Exports of results."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.http import StreamingHttpResponse

from analysis.answers import LockedStudy
from analysis.queries import COLUMNS
from analysis.study_zip import folder, study_zip
from frontend.csv_lines import csv_lines
from ratings.models import Study

if TYPE_CHECKING:
    import pandas as pd


def zip_response(locked: LockedStudy) -> StreamingHttpResponse:
    """The whole study as a download."""
    response = StreamingHttpResponse(study_zip(locked), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{folder(locked)}.zip"'
    return response


def ratings_csv(study: Study, frame: "pd.DataFrame") -> Iterator[str]:
    """One line for each current answer."""
    given = frame[frame["saved_at"].notna()]
    yield from csv_lines([["study", *COLUMNS]])
    yield from csv_lines(_row(study, row) for row in given[list(COLUMNS)].itertuples(index=False))


def _row(study: Study, row: Any) -> list[Any]:
    import pandas as pd

    score = "" if pd.isna(row.score) else int(row.score)
    cells = row._replace(
        score=score,
        not_sure=int(row.not_sure),
        repeat=int(row.repeat),
        unblinded=int(row.unblinded),
        saved_at=row.saved_at.isoformat(),
    )
    return [study.name, *cells]
