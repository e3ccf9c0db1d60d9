"""What a site holds before an upgrade it holds afterwards: memberships, readers, and a log chained from its start."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from config import embedded

ROOT = Path(__file__).resolve().parents[2]
DATABASE = f"{settings.DATABASES['default']['NAME']}_upgrade"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="makes a database beside the embedded one"),
]


@pytest.fixture
def database() -> Iterator[dict[str, str]]:
    """An empty database of its own, as environment variables."""
    embedded.start(settings.VAR)
    embedded.drop_database(settings.VAR, DATABASE)
    embedded.make_roles_and_database(embedded.database_url(settings.VAR, "superuser", "postgres"), DATABASE)
    urls = {role: embedded.database_url(settings.VAR, role, DATABASE) for role in ("app", "owner")}
    yield {"DATABASE_URL": urls["app"], "DATABASE_OWNER_URL": urls["owner"], "SECRET_KEY": "x" * 50}
    embedded.drop_database(settings.VAR, DATABASE)


def manage(env: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


BEFORE = """
INSERT INTO accounts_user (id, username, password, role, is_active, is_staff, is_superuser, first_name, last_name,
    email, date_joined) SELECT n, 'user' || n, '', role, n < 5, false, false, '', '', '', now()
    FROM unnest(ARRAY['coordinator', 'coordinator', 'investigator', 'rater', 'investigator'])
    WITH ORDINALITY AS u(role, n);
INSERT INTO cohorts_cohort (id, name, created_at) VALUES (1, 'A', '2026-01-31 10:00Z'), (2, 'B', '2026-02-28 10:00Z');
INSERT INTO cohorts_cohort_coordinators (cohort_id, user_id) VALUES (1, 1), (1, 2), (2, 2);
INSERT INTO ratings_study (id, name, cohort_id, method, state, seed, created_at)
    VALUES (1, 'S', 1, 'mask', 'draft', 1, now());
INSERT INTO audit_event (at, actor_id, verb, target_type, target_id, note)
    SELECT now() - n * interval '1 hour', CASE WHEN n % 2 = 0 THEN 1 END, 'test.done', '', '', 'event ' || n
    FROM generate_series(1, 50) n;
"""


def test_an_upgrade_keeps_members_and_readers_and_chains_the_log(database: dict[str, str]):
    for app in ("cohorts", "ratings", "audit"):
        manage({**database, "DATABASE_ROLE": "owner"}, "migrate", app, "0001", "--verbosity", "0")
    with psycopg.connect(database["DATABASE_OWNER_URL"]) as owner:
        owner.execute(BEFORE)
    manage(database, "migrate", "--verbosity", "0")
    with psycopg.connect(database["DATABASE_URL"]) as app_role:
        members = app_role.execute(
            "SELECT cohort_id, user_id, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM cohorts_cohortmembership"
            " ORDER BY 1, 2"
        ).fetchall()
        readers = app_role.execute("SELECT study_id, user_id FROM ratings_studymember").fetchall()
        app_role.execute(
            "INSERT INTO audit_event (at, verb, target_type, target_id, note) VALUES (now(), 'test.later', '', '', '')"
        )
    assert members == [(1, 1, "2026-01-31"), (1, 2, "2026-01-31"), (2, 2, "2026-02-28")]
    assert readers == [(1, 3)], "active investigators stay readers; closed accounts do not"
    assert "51 rows, unbroken" in manage(database, "verify_audit")
