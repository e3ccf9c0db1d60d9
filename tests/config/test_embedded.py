"""The embedded PostgreSQL."""

import os
import subprocess
import sys

import psycopg
import pytest
from django.conf import settings

from config import embedded
from tests.databases import ROOT

NAME = f"named_{os.getpid()}"


@pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="makes a database beside the embedded one")
def test_starting_makes_the_database_that_the_setting_names():
    env = os.environ | {"EMBEDDED_DATABASE_NAME": NAME, "SEMBLANCE_VAR": str(settings.VAR)}
    try:
        subprocess.run([sys.executable, "-m", "config.embedded", "start"], env=env, cwd=ROOT, check=True)
        with psycopg.connect(embedded.database_url(settings.VAR, "app", NAME)) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == (NAME,)
    finally:
        embedded.drop_database(settings.VAR, NAME)
