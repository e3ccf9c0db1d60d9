"""Curves as CSV files: a row a step, whole after a kill and the same after a resume."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from deid.algorithms.training.errors import BadCheckpoint
from deid.algorithms.training.folder import FULL, full, replace_file

HEADS = ("step", "images")


class Curve:
    """Rows are added to a file, each at once.

    Parameters
    ----------
    columns : after step and images
    upto : rows of later steps are taken away: they came after the checkpoint that is resumed
    """

    def __init__(self, path: Path, columns: Sequence[str], upto: int = 0) -> None:
        self._path, self._columns = path, tuple(columns)
        kept = [row for row in rows(path) if int(row["step"]) <= upto] if upto else []
        lines = [",".join((*HEADS, *columns)), *(",".join(row.values()) for row in kept)]
        replace_file(path, lambda file: file.write(("\n".join(lines) + "\n").encode()))

    def add(self, step: int, images: int, values: Mapping[str, float]) -> None:
        """A row; a value that is not there stays empty. DiskFull where it does not fit."""
        cells = [f"{values[name]:.9g}" if name in values else "" for name in self._columns]  # float32, exactly
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(",".join([str(step), str(images), *cells]) + "\n")
        except OSError as error:
            raise full(self._path, error) if error.errno in FULL else error from error


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a curve by column, none where there is no file; a last one that was cut off is left out.

    Raises
    ------
    BadCheckpoint : it is no curve
    """
    if not path.is_file():
        return []
    content = path.read_text(encoding="utf-8")
    lines = content.splitlines() if content.endswith("\n") else content.splitlines()[:-1]
    found = list(csv.DictReader(lines))
    if any(not (row.get("step") or "").isdecimal() for row in found):
        raise BadCheckpoint(f"{path} is no curve of a training: name another folder.")
    return found


def read_curve(path: Path) -> dict[str, list[float | None]]:
    """Columns of a curve, None where a step has no such value."""
    found = rows(path)
    return {name: [float(row[name]) if row[name] else None for row in found] for name in (found[0] if found else ())}
