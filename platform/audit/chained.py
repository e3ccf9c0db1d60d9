"""Migration operation that makes the rows of an append-only table into hash chains, one for each value of a column.

Unlike those of the log, rows are sealed when they are put in: their transactions are short. Who writes to the same
chain waits for the row that the chain belongs to; who writes to another does not.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.migrations.operations import RunSQL

from audit.chain import seal, time_of


def row_digest(row: Any, fields: Sequence[str], *, position: int, previous_hash: str) -> str:
    """The hash of a row over `fields`, from the same bytes as in SQL."""
    return seal((str(position), previous_hash, *(_text(getattr(row, name)) for name in fields)))


def _text(value: Any) -> str | None:
    """As PostgreSQL casts it to text."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return time_of(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def chained(table: str, *, chain: str, hold: str, fields: Sequence[str], times: Sequence[str] = ()) -> RunSQL:
    """Rows get `position`, `previous_hash` and `hash` of their chain, whatever was given for them.

    Parameters
    ----------
    chain : column that names the chain; it is filled in too
    hold : SQL of a query on NEW that finds its value and locks what it belongs to
    fields : columns that are hashed, and `chain` among them; of these `times` are timestamps
    """
    hashed = " || ".join(_field(name, name in times) for name in fields)
    return RunSQL(
        f"""
        CREATE FUNCTION {table}_digest(one {table}, place bigint, previous text) RETURNS text LANGUAGE sql STABLE AS $$
            SELECT encode(sha256(convert_to(
                audit_netstring(place::text) || audit_netstring(previous) || {hashed}, 'UTF8')), 'hex')
        $$;
        CREATE FUNCTION {table}_seal() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            head record;
        BEGIN
            NEW.{chain} := ({hold});
            SELECT position, hash INTO head FROM {table}
                WHERE {chain} = NEW.{chain} ORDER BY position DESC LIMIT 1;
            NEW.position := coalesce(head.position, 0) + 1;
            NEW.previous_hash := coalesce(head.hash, repeat('0', 64));
            NEW.hash := {table}_digest(NEW, NEW.position, NEW.previous_hash);
            RETURN NEW;
        END $$;
        CREATE TRIGGER {table}_seals BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_seal();
        """,  # noqa: S608 - names of our own
        f"""
        DROP TRIGGER {table}_seals ON {table};
        DROP FUNCTION {table}_seal();
        DROP FUNCTION {table}_digest({table}, bigint, text);
        """,
    )


def _field(name: str, is_time: bool) -> str:
    text = f"one.{name}::text"
    if is_time:
        text = f"to_char(one.{name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    return f"CASE WHEN one.{name} IS NULL THEN '-,' ELSE audit_netstring({text}) END"
