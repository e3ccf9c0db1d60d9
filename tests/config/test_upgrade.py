"""What a site holds before an upgrade it holds afterwards: memberships, readers, and a log chained from its start."""

import json
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings

from tests.access_table import ROLES, TABLE
from tests.databases import ROOT, manage, own_database, python

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="makes a database beside the embedded one"),
]


@pytest.fixture
def database() -> Iterator[dict[str, str]]:
    with own_database("upgrade") as env:
        yield env


BEFORE = """
INSERT INTO accounts_user (id, username, password, role, is_active, is_staff, is_superuser, first_name, last_name,
    email, date_joined) SELECT n, 'user' || n, '', role, n < 5, false, false, '', '', '', now()
    FROM unnest(ARRAY['coordinator', 'coordinator', 'investigator', 'rater', 'investigator'])
    WITH ORDINALITY AS u(role, n);
INSERT INTO cohorts_cohort (id, name, created_at) VALUES (1, 'A', '2026-01-31 10:00Z'), (2, 'B', '2026-02-28 10:00Z');
INSERT INTO cohorts_cohort_coordinators (cohort_id, user_id) VALUES (1, 1), (1, 2), (2, 2);
INSERT INTO ratings_study (id, name, cohort_id, method, state, seed, created_at)
    VALUES (1, 'S', 1, 'mask', 'draft', 1, now());
INSERT INTO ratings_study (id, name, cohort_id, method, state, seed, created_at, opened_at)
    VALUES (2, 'Old', 1, 'mask', 'open', 1, now(), now());
INSERT INTO ratings_studyrater (study_id, rater_id, number) VALUES (2, 4, 1);
INSERT INTO cohorts_participant (id, code, cohort_id, created_at) VALUES (1, 'PD-1', 1, now());
INSERT INTO cohorts_recording (id, cohort_id, participant_id, task, storage_name, sha256, n_bytes, width, height,
    n_frames, duration, frame_rate, variable_rate, codec, has_audio, created_at)
    VALUES (1, 1, 1, 'rest', 'r', '', 9, 9, 9, 9, 1, 25, false, 'h264', false, now());
INSERT INTO deid_job (id, recording_id, method, parameters, decisions, queue, state, progress, stage, error, attempts,
    created_at) SELECT n, 1, m, '{}', '[]', 'cpu', 'done', 1, '', '', 1, now()
    FROM unnest(ARRAY['original', 'mask']) WITH ORDINALITY AS j(m, n);
INSERT INTO deid_rendition (id, job_id, recording_id, method, state, storage_name, sha256, n_bytes, n_frames, encoding,
    certificate, reason, created_at) SELECT n, n, 1, m, 'study_only', 'file ' || m, '', 100 + n, 9, '', '{}', '', now()
    FROM unnest(ARRAY['original', 'mask']) WITH ORDINALITY AS j(m, n);
INSERT INTO ratings_presentation (id, study_id, rater_id, rendition_id, position, shown_bytes)
    SELECT gen_random_uuid(), 2, 4, n, n, 4096 FROM generate_series(1, 2) n;
INSERT INTO audit_event (at, actor_id, verb, target_type, target_id, note)
    SELECT now() - n * interval '1 hour', CASE WHEN n % 2 = 0 THEN 1 END, 'test.done', '', '', 'event ' || n
    FROM generate_series(1, 50) n;
"""


def test_an_upgrade_keeps_members_readers_and_presentations_and_chains_the_log(database: dict[str, str]):
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
        shown = app_role.execute(
            "SELECT position, recording_id, storage_name, file_bytes, shown_bytes FROM ratings_presentation ORDER BY 1"
        ).fetchall()
        with pytest.raises(psycopg.errors.InsufficientPrivilege), app_role.transaction():
            app_role.execute("SELECT * FROM sealed.arm")
        readers = app_role.execute("SELECT study_id, user_id FROM ratings_studymember").fetchall()
        app_role.execute(
            "INSERT INTO audit_event (at, verb, target_type, target_id, note) VALUES (now(), 'test.later', '', '', '')"
        )
    with psycopg.connect(database["DATABASE_KEY_URL"]) as key_role:
        arms = key_role.execute("SELECT rendition, arm, repeat FROM sealed.arm ORDER BY 1").fetchall()
    assert shown == [(1, 1, "file original", 101, 4096), (2, 1, "file mask", 102, 4096)]
    assert arms == [(1, "original", False), (2, "mask", False)]
    assert members == [(1, 1, "2026-01-31"), (1, 2, "2026-01-31"), (2, 2, "2026-02-28")]
    assert readers == [(1, 3), (2, 3)], "active investigators stay readers; closed accounts do not"
    assert "51 rows, unbroken" in manage(database, "verify_audit")


# Every page that needs no object, as every role, by the code of today on a schema that waits for its newest migrations.
VISIT = """
import json, sys
import django; django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from accounts.models import User
settings.DEBUG = False  # it was on for static files without a manifest only
routes, roles, back_to, forms = json.loads(sys.argv[1])
call_command("migrate", verbosity=0)
call_command("createcachetable")
clients = {role: Client(SERVER_NAME="localhost", raise_request_exception=False) for role in roles}
for role, client in clients.items():  # they had signed in before the update
    user = User.objects.create(username=role, role=role)
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
for app, migration in back_to:
    call_command("migrate", app, migration, verbosity=0)
told = {role: {route: client.get(reverse(route)).status_code for route in routes} for role, client in clients.items()}
told["sent"] = {route: clients["coordinator"].post(reverse(route), sent).status_code for route, sent in forms.items()}
client = Client(SERVER_NAME="localhost")
told["nobody"] = {path: client.get(path).status_code for path in ("/healthz", "/readyz", "/account/login/")}
print(json.dumps(told))
"""
PAGES = sorted(route for route, row in TABLE.items() if row.method == "get" and not row.target)


def before_the_newest(app: str) -> tuple[str, str]:
    """The migration before the last one of an application."""
    folder = next(path for path in (ROOT / "platform" / app, ROOT / app) if path.is_dir()) / "migrations"
    return app, sorted(path.stem for path in folder.glob("0*.py"))[-2]


def visited(
    database: dict[str, str], back_to: list[tuple[str, str]], forms: dict[str, dict[str, str]] | None = None
) -> dict[tuple[str, str], int]:
    """What each page answers each role, by role and route; the machine is told that it is not ready.

    `forms` are sent by the coordinator, and answered under the role `sent`.
    """
    asked = json.dumps([PAGES, ROLES, back_to, forms or {}])
    told = json.loads(
        python({**database, "DEBUG": "true", "DATABASE_ROLE": "owner"}, "-c", VISIT, asked).splitlines()[-1]
    )
    assert told.pop("nobody") == {"/healthz": 200, "/readyz": 503, "/account/login/": 200}
    return {(role, route): status for role, pages in told.items() for route, status in pages.items()}


def test_new_code_on_a_schema_that_waits_answers_every_page(database: dict[str, str]):
    """Each page works or says that the platform is being updated."""
    answers = visited(database, [before_the_newest(app) for app in ("ratings", "deid", "cohorts")])
    wrong = {key: status for key, status in answers.items() if status not in (TABLE[key[1]].own[key[0]], 503)}
    assert wrong == {}
    waiting = {route for (_role, route), status in answers.items() if status == 503 and route != "readyz"}
    assert waiting, "the newest migrations add nothing that a page needs: go back further"
    assert not waiting & {"accounts:account", "schema"}


def test_new_code_says_that_it_is_being_updated_where_even_accounts_wait(database: dict[str, str]):
    """Every page asks who is signed in: where that cannot be read, the page that says so must not ask again."""
    answers = visited(database, [("accounts", "0002")])
    assert {status for (_role, route), status in answers.items() if route not in ("healthz", "metrics")} == {503}


def test_what_the_rules_of_the_old_schema_do_not_know_is_told_so_too(database: dict[str, str]):
    """The database refuses a scope that came with the newest migration: that is no error of ours while it waits."""
    token = {"name": "plans", "scopes": "write:experiments", "days": "9"}
    answers = visited(database, [("accounts", "0004")], {"accounts:tokens": token})
    assert answers["sent", "accounts:tokens"] == 503
