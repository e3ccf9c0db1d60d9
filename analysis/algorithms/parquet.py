"""Tables as Apache Parquet files, a group of rows at a time: the same rows give the same bytes.

pyarrow loads with the first writer: who only names columns does without its 55 MB.
"""

from collections.abc import Sequence
from enum import Enum
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


class Kind(Enum):
    """What a column holds; every column may lack values."""

    TEXT = "text"
    WHOLE = "whole number"
    REAL = "number"
    FLAG = "0 or 1"
    TIME = "time"


def _type(kind: Kind) -> "pa.DataType":
    import pyarrow as pa

    types: dict[Kind, pa.DataType] = {
        Kind.TEXT: pa.string(),
        Kind.WHOLE: pa.int64(),
        Kind.REAL: pa.float64(),
        Kind.FLAG: pa.bool_(),
        Kind.TIME: pa.timestamp("us", tz="UTC"),
    }
    return types[kind]


class ParquetWriter:
    """Writes groups of rows as they come; `close` writes what readers begin with."""

    def __init__(self, sink: IO[bytes], columns: Sequence[tuple[str, Kind]]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self._schema = pa.schema([(name, _type(kind)) for name, kind in columns])
        self._writer = parquet.ParquetWriter(sink, self._schema, compression="gzip")

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """One group of rows, each with a value or None for every column."""
        import pyarrow as pa

        if not rows:
            return
        columns = zip(zip(*rows, strict=True), self._schema, strict=True)
        arrays = [pa.array(values, field.type) for values, field in columns]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()
