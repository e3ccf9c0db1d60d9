"""Databases of their own beside the test database, and commands that run in them as an operator runs them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from config import embedded

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def own_database(suffix: str) -> Iterator[dict[str, str]]:
    """An empty database, as environment variables."""
    name = f"{settings.DATABASES['default']['NAME']}_{suffix}"
    embedded.start(settings.VAR)
    embedded.drop_database(settings.VAR, name)
    embedded.make_roles_and_database(embedded.database_url(settings.VAR, "superuser", "postgres"), name)
    urls = {role: embedded.database_url(settings.VAR, role, name) for role in ("app", "owner", "key")}
    try:
        yield {
            "DATABASE_URL": urls["app"],
            "DATABASE_OWNER_URL": urls["owner"],
            "DATABASE_KEY_URL": urls["key"],
            "SECRET_KEY": "x" * 50,
        }
    finally:
        embedded.drop_database(settings.VAR, name)


def run_manage(env: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True
    )


def manage(env: dict[str, str], *arguments: str) -> str:
    done = run_manage(env, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def python(env: dict[str, str], *arguments: str) -> str:
    """What a program with our settings and sources prints."""
    env = {**os.environ, **env, "DJANGO_SETTINGS_MODULE": "config.settings"}
    env |= {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}"}
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
