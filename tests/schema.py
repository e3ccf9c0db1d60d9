"""What a schema offers to code that was written for it, read from the database itself, and what a later one breaks."""

import re
from dataclasses import dataclass
from typing import Any

COLUMNS = """
SELECT n.nspname || '.' || c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
    a.atthasdef OR a.attidentity <> ''
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'sealed') AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped
"""
# What a type may become without losing a value that it could hold.
WIDER = {
    "smallint": {"integer", "bigint", "numeric"},
    "integer": {"bigint", "numeric"},
    "bigint": {"numeric"},
    "real": {"double precision"},
    "character varying": {"text"},
    "json": {"jsonb"},
}


@dataclass(frozen=True)
class Column:
    kind: str  # as PostgreSQL writes it: "character varying(40)[]"
    nullable: bool
    filled: bool  # by the database, where a row does not name it

    def holds_all_of(self, before: "Column") -> bool:
        (kind, limit, many), (kind_before, limit_before, many_before) = _parts(self.kind), _parts(before.kind)
        if many != many_before:
            return False
        if kind != kind_before:
            return not limit and kind in WIDER.get(kind_before, set())
        return limit == limit_before or not limit or (kind == "character varying" and () < limit_before <= limit)


def _parts(kind: str) -> tuple[str, tuple[int, ...], str]:
    """The type, its limits, and the brackets of an array."""
    name, limits, after, many = re.fullmatch(r"([a-z ]+?)(?:\(([\d,]+)\))?([a-z ]*)((?:\[\])*)", kind).groups()
    return name + after, tuple(map(int, limits.split(","))) if limits else (), many


Schema = dict[str, dict[str, Column]]


def schema_of(cursor: Any) -> Schema:
    """Tables, and views, with their columns."""
    found: Schema = {}
    cursor.execute(COLUMNS)
    for table, column, *rest in cursor.fetchall():
        found.setdefault(table, {})[column] = Column(*rest)
    return found


def broken(before: Schema, after: Schema) -> set[str]:
    """In words: what code that reads and writes `before` would miss in `after`, or be refused by it."""
    wrong = set()
    for table, columns in before.items():
        if table not in after:
            wrong.add(f"{table} is gone")
            continue
        there = after[table]
        for name, column in columns.items():
            if name not in there:
                wrong.add(f"{table}.{name} is gone")
            elif not there[name].holds_all_of(column):
                wrong.add(f"{table}.{name} holds less than before")
            elif column.nullable and not there[name].nullable:
                wrong.add(f"{table}.{name} may be empty no more")
            elif column.filled and not there[name].filled and not there[name].nullable:
                wrong.add(f"{table}.{name} is filled by the database no more")
        for name in there.keys() - columns.keys():
            if not there[name].nullable and not there[name].filled:
                wrong.add(f"{table}.{name} is new, must not be empty and has no default of the database")
    return wrong
