"""The database as streams of rows: written, read back and compared line by line.

COPY in text form is one line a row. Read under fixed session settings and in the order of the primary key it is the
same text for the same rows, whatever server holds them: a restored table is compared with the file of the backup.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any, BinaryIO

from django.db import connection
from psycopg import sql

Name = tuple[str, str]  # schema and table
# Whoever reads a backup must not find keys of living sessions in it, and what is in the cache holds for minutes.
EMPTY_IN_BACKUPS: frozenset[Name] = frozenset(
    {("public", "django_session"), ("public", "usersessions_usersession"), ("public", "cache")}
)
_SETTINGS = (
    "SET LOCAL TIME ZONE 'UTC'", "SET LOCAL datestyle TO 'ISO, YMD'", "SET LOCAL intervalstyle TO 'postgres'",
    "SET LOCAL bytea_output TO 'hex'", "SET LOCAL extra_float_digits TO 1", "SET LOCAL row_security TO off",
)  # fmt: skip
# `ours` are the namespaces that are not PostgreSQL's own.
_OURS = """
WITH ours AS (SELECT oid, nspname FROM pg_namespace
              WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%')
"""
_COLUMNS = (
    _OURS
    + """
SELECT n.nspname, c.relname, a.attname FROM pg_class c JOIN ours n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, 2, a.attnum
"""
)
_PRIMARY_KEYS = (
    _OURS
    + """
SELECT n.nspname, c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
JOIN ours n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
WHERE i.indisprimary ORDER BY 1, 2, array_position(i.indkey::int[], a.attnum::int)
"""
)
_SEQUENCES = (
    _OURS
    + """
SELECT n.nspname, c.relname FROM pg_class c JOIN ours n ON n.oid = c.relnamespace WHERE c.relkind = 'S' ORDER BY 1, 2
"""
)
_KEYS_CHECKED_AT_ONCE = """
SELECT n.nspname, c.relname, m.nspname, d.relname FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class d ON d.oid = k.confrelid JOIN pg_namespace m ON m.oid = d.relnamespace
WHERE k.contype = 'f' AND NOT k.condeferrable AND k.conrelid <> k.confrelid
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the columns that are kept (not the computed ones), and by what its rows are ordered."""

    schema: str
    name: str
    columns: tuple[str, ...]
    order: tuple[str, ...]

    @property
    def key(self) -> Name:
        return (self.schema, self.name)

    @property
    def address(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Sequence:
    """Where a counter stands."""

    schema: str
    name: str
    value: int
    called: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What came of writing a table's rows."""

    rows: int
    sha256: str


class RowsDiffer(Exception):
    """A table does not hold what the backup holds."""


def fix_settings() -> None:
    """Make the text of COPY depend on nothing but the rows, to the end of the transaction."""
    with connection.cursor() as cursor:
        for setting in _SETTINGS:
            cursor.execute(setting)


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def all_tables() -> list[Table]:
    """Every table of ours in every schema, by name."""
    columns: dict[Name, list[str]] = {}
    for schema, table, column in _rows(_COLUMNS):
        columns.setdefault((schema, table), []).append(column)
    order: dict[Name, list[str]] = {}
    for schema, table, column in _rows(_PRIMARY_KEYS):
        order.setdefault((schema, table), []).append(column)
    return [Table(*key, tuple(names), tuple(order.get(key, names))) for key, names in columns.items()]


def all_sequences() -> list[Sequence]:
    found = []
    for schema, name in _rows(_SEQUENCES):
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(schema, name)))
            found.append(Sequence(schema, name, *cursor.fetchone()))
    return found


def lines(table: Table) -> Iterator[bytes]:
    """The table's rows as lines of COPY, ordered by the bytes of the key and not by a language."""
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    order = sql.SQL(", ").join(sql.SQL('{}::text COLLATE "C"').format(sql.Identifier(name)) for name in table.order)
    query = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(columns, table.address, order)
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        rest = b""
        for piece in copy:
            *whole, rest = (rest + bytes(piece)).split(b"\n")
            yield from whole
        if rest:
            yield rest


def write_rows(table: Table, target: BinaryIO) -> Written:
    digest, n_rows = hashlib.sha256(), 0
    for line in lines(table):
        target.write(line + b"\n")
        digest.update(line + b"\n")
        n_rows += 1
    return Written(n_rows, digest.hexdigest())


def read_rows(table: Table, source: BinaryIO) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(table.address, columns)
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        while piece := source.read(1 << 20):
            copy.write(piece)


def compare_rows(table: Table, source: BinaryIO) -> int:
    """Hold the table against its file, row by row; returns how many rows were compared.

    Raises
    ------
    RowsDiffer : names the first row that is missing, too many or another
    """
    number = 0
    for number, line in enumerate(lines(table), start=1):
        if source.readline() != line + b"\n":
            raise RowsDiffer(f"row {number} of {table} is not the row of the backup")
    if source.readline():
        raise RowsDiffer(f"{table} ends after {number} rows, the backup has more")
    return number


def in_loading_order(tables: list[Table]) -> list[Table]:
    """Tables after those that they point to. (Django's own keys are checked at the end and need no order.)"""
    known = {table.key: table for table in tables}
    graph: dict[Name, set[Name]] = {key: set() for key in known}
    for schema, name, to_schema, to_name in _rows(_KEYS_CHECKED_AT_ONCE):
        graph[schema, name].add((to_schema, to_name))
    return [known[key] for key in TopologicalSorter(graph).static_order()]


def set_triggers(table: Table, *, on: bool) -> None:
    """Our own triggers (append-only, sealing) stand aside while rows are put back; keys between tables do not."""
    state = sql.SQL("ENABLE" if on else "DISABLE")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(table.address, state))


def empty(tables: list[Table]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(table.address for table in tables)))


def set_sequence(sequence: Sequence) -> None:
    with connection.cursor() as cursor:
        name = sql.Identifier(sequence.schema, sequence.name).as_string(cursor.connection)
        cursor.execute("SELECT setval(%s, %s, %s)", [name, sequence.value, sequence.called])


def count_rows(table: Table) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(table.address))
        return int(cursor.fetchone()[0])
