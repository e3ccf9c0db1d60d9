#!/usr/bin/env python
"""Semblance's command line: Django's commands and the project's own."""

import os
import sys
from pathlib import Path

# `platform/` holds our packages and is a source folder, not a package: `import platform` stays the standard library's.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "platform")]

# Only these commands may change the schema; everything else runs with the app role, which cannot.
OWNER_COMMANDS = {"migrate", "flush", "sqlmigrate", "showmigrations"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("DATABASE_ROLE", "owner")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
