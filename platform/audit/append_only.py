"""Migration operation that makes a table append-only.

TRUNCATE stays possible for the table's owner (the test suite empties tables by it); the app role has no right to it.
"""

from django.db.migrations.operations import RunSQL


def append_only(table: str) -> RunSQL:
    """Triggers that refuse UPDATE and DELETE on `table` for every role."""
    return RunSQL(
        f"""
        CREATE FUNCTION refuse_change_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'rows of {table} are never changed or removed' USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse_change_of_{table}();
        """,
        f"""
        DROP TRIGGER {table}_append_only ON {table};
        DROP FUNCTION refuse_change_of_{table}();
        """,
    )
