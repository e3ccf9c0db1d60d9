#!/usr/bin/env python
"""Semblance's command line: Django's commands and the project's own."""

import os
import sys
from pathlib import Path

# `platform/` holds our packages and is a source folder, not a package: `import platform` stays the standard library's.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "platform")]

# Only these commands may change the schema, or read and write all of it; everything else runs with the app role.
OWNER_COMMANDS = {"migrate", "flush", "sqlmigrate", "showmigrations", "backup", "restore", "createcachetable"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("DATABASE_ROLE", "owner")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if "--traceback" in sys.argv:
            raise
        from config.settings import EMBEDDED_DATABASE

        hint = "make serve starts the embedded one" if EMBEDDED_DATABASE else "look at DATABASE_URL"
        sys.exit(f"the database does not answer ({hint}): {str(error).splitlines()[0]}")


if __name__ == "__main__":
    main()
