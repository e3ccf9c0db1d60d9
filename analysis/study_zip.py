"""A closed study as one zip, sent while it is written: the same study gives the same bytes."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from analysis.algorithms.parquet import ParquetWriter
from analysis.answers import LockedStudy
from analysis.export_rows import Row
from analysis.export_tables import RATINGS, TABLES, Table
from frontend.csv_lines import csv_lines

HERE = Path(__file__).with_name("take_home")
# The statistics of a run, as they are computed here: pure files, which agreement.py runs beside the ratings.
STATISTICS = Path(__file__).with_name("algorithms")
BEGINNING = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can tell; the files' own would differ at every export
GROUP = 20_000  # rows of one Parquet group
PIECE = 1 << 16  # bytes to send at once

Files = Iterator[tuple[str, Iterable[bytes]]]


class _Pipe:
    """A file that cannot be moved in: what is written is taken and sent."""

    def __init__(self) -> None:
        self._written: list[bytes] = []
        self.waiting = 0

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        self.waiting += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits longer than until it is taken."""

    def take(self) -> bytes:
        taken, self._written, self.waiting = b"".join(self._written), [], 0
        return taken


def folder(locked: LockedStudy) -> str:
    return f"study-{locked.study.pk}"


def study_zip(locked: LockedStudy) -> Iterator[bytes]:
    """The pieces of the zip. It ends with the hash of each file, for `sha256sum --check`."""
    pipe, sums = _Pipe(), []
    with ZipFile(pipe, "w") as archive:  # type: ignore[call-overload] # it needs no more than writing
        for name, pieces in _files(locked):
            digest = hashlib.sha256()
            for written in _entry(archive, f"{folder(locked)}/{name}", pieces):
                digest.update(written)
                if pipe.waiting > PIECE:
                    yield pipe.take()
            sums.append(f"{digest.hexdigest()}  {name}\n")
        yield from (pipe.take() for _ in _entry(archive, f"{folder(locked)}/SHA256SUMS", ["".join(sums).encode()]))
    yield pipe.take()


def _entry(archive: ZipFile, name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Writes a file; gives back each piece of its content once it is written."""
    info = ZipInfo(name, BEGINNING)
    info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, 3, 0o644 << 16
    with archive.open(info, "w", force_zip64=True) as entry:
        for piece in pieces:
            entry.write(piece)
            yield piece


def _files(locked: LockedStudy) -> Files:
    yield "README.txt", [_readme(locked).encode()]
    yield "codebook.csv", _csv(("table", "column", "kind", "meaning"), _codebook())
    with tempfile.TemporaryFile() as parquet:
        yield "ratings.csv", _ratings(locked, parquet)
        parquet.seek(0)
        yield "ratings.parquet", iter(lambda: parquet.read(PIECE), b"")
    for table in TABLES:
        yield f"{table.name}.csv", _csv(_head(table), table.rows(locked))
    for version in locked.study.versions.all():
        yield f"protocol-{version.number}.json", [version.content.encode()]
    for path in sorted(HERE.iterdir()):
        if path.suffix in (".py", ".R"):
            yield path.name, [path.read_bytes()]
    # The packages' own files go along: without them another package of that name would be imported instead.
    packages = [STATISTICS.parent / "__init__.py", STATISTICS / "__init__.py"]
    for path in sorted([*packages, *(STATISTICS / "agreement").glob("*.py"), STATISTICS / "deviation.py"]):
        yield path.relative_to(STATISTICS.parents[1]).as_posix(), [path.read_bytes()]


def _ratings(locked: LockedStudy, parquet: IO[bytes]) -> Iterator[bytes]:
    """The CSV; the Parquet file is written beside it, from the same rows."""
    writer = ParquetWriter(parquet, [(column.name, column.kind) for column in RATINGS.columns])
    yield from _csv(_head(RATINGS), ())
    rows = iter(RATINGS.rows(locked))
    while group := [tuple(row) for row in islice(rows, GROUP)]:
        writer.write(group)
        yield from _lines(group)
    writer.close()


def _head(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)


def _csv(head: Iterable[str], rows: Iterable[Row]) -> Iterator[bytes]:
    yield from _lines([head])
    yield from _lines(rows)


def _lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """Many lines at once: a piece for each would cost more than its content."""
    lines = csv_lines([_cell(value) for value in row] for row in rows)
    while piece := list(islice(lines, 500)):
        yield "".join(piece).encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else value


def _codebook() -> Iterator[Row]:
    for table in (RATINGS, *TABLES):
        for column in table.columns:
            yield table.name, column.name, column.kind.value, column.meaning


def _readme(locked: LockedStudy) -> str:
    parts = [(HERE / "README.txt").read_text().replace("STUDY", locked.study.name)]
    for table in (RATINGS, *TABLES):
        files = f"{table.name}.csv" + (" and ratings.parquet" if table is RATINGS else "")
        columns = "".join(f"  {one.name} ({one.kind.value}): {one.meaning}\n" for one in table.columns)
        parts.append(f"{files}\n{table.what}.\n{columns}")
    return "\n".join(parts)
