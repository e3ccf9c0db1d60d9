"""What a run found, to take home: all of it as JSON, its rows as CSV or Parquet. The same run gives the same bytes."""

import io
from collections.abc import Iterable
from typing import Any

from analysis.algorithms.parquet import Kind, ParquetWriter
from analysis.run_models import Run
from frontend.csv_lines import csv_lines
from ratings.protocol import canonical_json

FORMS = {"json": "application/json", "csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
FORMAT = "semblance-run/1"


def export_of(run: Run, form: str) -> bytes:
    """`rows` of the summary are one flat table; what else a summary holds stands in the JSON alone."""
    if form == "json":
        return canonical_json(content_of(run)) + b"\n"
    columns = columns_of(run.summary.get("rows", ()))
    rows = [[row.get(name) for name, _ in columns] for row in run.summary.get("rows", ())]
    if form == "csv":
        head = [name for name, _ in columns]
        return "".join(csv_lines([head, *([_cell(value) for value in row] for row in rows)])).encode()
    written = io.BytesIO()
    writer = ParquetWriter(written, columns)
    writer.write(rows)
    writer.close()
    return written.getvalue()


def content_of(run: Run) -> dict[str, Any]:
    """Everything that tells how the summary came to be, and the summary."""
    return {
        "format": FORMAT,
        "run": run.pk,
        "kind": run.kind,
        "parameters": run.parameters,
        "seed": run.seed,
        "inputs": run.inputs,
        "versions": run.versions,
        "summary": run.summary,
        "summary_sha256": run.sha256,
    }


def columns_of(rows: Iterable[dict[str, Any]]) -> list[tuple[str, Kind]]:
    """Names in the order of their first appearance; a column holds numbers where every value is one."""
    values: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            values.setdefault(name, []).append(value)
    return [(name, _kind([value for value in column if value is not None])) for name, column in values.items()]


def _kind(values: list[Any]) -> Kind:
    if values and all(isinstance(value, bool) for value in values):
        return Kind.FLAG
    if values and all(isinstance(value, int) for value in values):
        return Kind.WHOLE
    if all(isinstance(value, int | float) for value in values):
        return Kind.REAL
    return Kind.TEXT


def _cell(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else "" if value is None else value
