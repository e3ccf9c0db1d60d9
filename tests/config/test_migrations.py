"""During an update a released version runs on the schema of the next one: migrations only add what it need not know.

Read from the database, so that SQL of our own counts as well as Django's operations. A migration that cannot keep to it
is named in docs/operations.md, Update, and the released version ends before it.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from tests.databases import ROOT, own_database, python
from tests.ratings.build import opened_study
from tests.schema import broken, schema_of

# The newest migration of each application in every release. A release adds a line.
RELEASES = {
    "2026-11-20": {
        "accounts": "0002_accounts_access", "analysis": "0001_tracks", "audit": "0002_chain",
        "cohorts": "0004_resumable_uploads", "deid": "0003_withdrawal", "ratings": "0003_withdrawal",
    },
    "2026-11-30": {
        "accounts": "0005_experiment_scopes", "analysis": "0006_run_reports", "audit": "0002_chain",
        "cohorts": "0004_resumable_uploads", "deid": "0004_training", "ratings": "0011_adjudicators_places",
    },
}  # fmt: skip


def named_as_breaking() -> set[str]:
    page = (ROOT / "docs/operations.md").read_text()
    section = page.partition("\n## Update\n")[2].partition("\n## ")[0]
    return set(re.findall(r"`([a-z]+\.\d{4}_\w+)`", section))


def later_than(release: dict[str, str]) -> list[tuple[str, str]]:
    """Migrations of ours that a release lacks, in the order in which they are applied."""
    loader = MigrationLoader(None)
    had = {node for app, name in release.items() for node in loader.graph.forwards_plan((app, name))}
    plan: dict[tuple[str, str], None] = {}
    for leaf in loader.graph.leaf_nodes():
        plan |= dict.fromkeys(loader.graph.forwards_plan(leaf))
    return [node for node in plan if node not in had and node[0] in release]


# Filled before it is looked at, also in rows of code that does not know it: the test below shows it.
FILLED_BY_TRIGGERS = {"public.ratings_rating.place_id is new, must not be empty and has no default of the database"}
WALK = """
import json, sys
import django; django.setup()
from django.core.management import call_command
from django.db import connection
from tests.schema import broken, schema_of
def schema():
    with connection.cursor() as cursor:
        return schema_of(cursor)
release, later = json.loads(sys.argv[1])
for app, name in release.items():
    call_command("migrate", app, name, verbosity=0)
released, known, breaking = schema(), set(), {}
for app, name in later:
    call_command("migrate", app, name, verbosity=0)
    if new := broken(released, schema()) - known:
        breaking[f"{app}.{name}"] = sorted(new)
        known |= new
print(json.dumps(breaking))
"""


@pytest.mark.e2e
@pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="makes a database beside the embedded one")
@pytest.mark.parametrize("release", RELEASES)
def test_migrations_after_a_release_take_nothing_from_it(release: str):
    if not (later := later_than(RELEASES[release])):
        return  # the newest release: nothing has come yet
    with own_database("migrations") as env:
        asked = json.dumps([RELEASES[release], later])
        told = python({**env, "DATABASE_ROLE": "owner"}, "-c", WALK, asked).splitlines()[-1]
    breaking = {name: set(why) - FILLED_BY_TRIGGERS for name, why in json.loads(told).items()}
    unnamed = {name: why for name, why in breaking.items() if why and name not in named_as_breaking()}
    assert unnamed == {}, "add now and take away in the release after, or name them in docs/operations.md, Update"


def test_an_answer_of_code_that_knows_no_chain_is_put_into_it(db: None):
    shown = opened_study().presentations.first()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ratings_rating (presentation_id, item, score, not_sure, client_id, saved_at)"
            " VALUES (%s, 'facial_expression', 1, false, gen_random_uuid(), now()) RETURNING place_id",
            [shown.pk],
        )
        assert cursor.fetchone() == (shown.study.places.get(rater=shown.rater).pk,)


def test_what_the_documents_name_as_breaking_is_there():
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    assert named_as_breaking() <= known


# A table of a released version, for planted migrations to change.
RELEASED_TABLE = migrations.CreateModel(
    name="Note",
    fields=[
        ("id", models.BigAutoField(primary_key=True)),
        ("title", models.CharField(max_length=40)),
        ("text", models.TextField()),
        ("page", models.IntegerField(null=True)),
        ("marks", ArrayField(models.CharField(max_length=10), size=3)),
        ("kind", models.CharField(max_length=10, db_default="plain")),
    ],
)


def after(operation: Any) -> set[str]:
    """What a planted operation breaks of the table above; all of it is rolled back with the test."""
    with connection.schema_editor() as editor, connection.cursor() as cursor:
        released = ProjectState()
        RELEASED_TABLE.state_forwards("planted", released)
        RELEASED_TABLE.database_forwards("planted", editor, ProjectState(), released)
        before = schema_of(cursor)
        state = released.clone()
        operation.state_forwards("planted", state)
        operation.database_forwards("planted", editor, released, state)
        return broken(before, schema_of(cursor))


def field(name: str, value: models.Field) -> Callable[[], Any]:
    return lambda: migrations.AddField("note", name, value)


def altered(name: str, value: models.Field) -> Callable[[], Any]:
    return lambda: migrations.AlterField("note", name, value)


BAD = {
    "a column removed": (lambda: migrations.RemoveField("note", "text"), "planted_note.text is gone"),
    "a column renamed": (lambda: migrations.RenameField("note", "text", "body"), "planted_note.text is gone"),
    "a table removed": (lambda: migrations.DeleteModel("note"), "planted_note is gone"),
    "a table renamed": (lambda: migrations.RenameModel("note", "Remark"), "planted_note is gone"),
    "a column with Django's default alone": (
        field("stars", models.IntegerField(default=0)), "planted_note.stars is new, must not be empty"
    ),
    "a shorter text": (altered("title", models.CharField(max_length=39)), "planted_note.title holds less"),
    "a limit where there was none": (altered("text", models.CharField(max_length=900)), "planted_note.text holds less"),
    "a smaller number": (altered("page", models.SmallIntegerField(null=True)), "planted_note.page holds less"),
    "shorter words in a list": (altered("marks", ArrayField(models.CharField(max_length=9))), "note.marks holds less"),
    "a column that must be filled": (altered("page", models.IntegerField(default=0)), "planted_note.page may be empty"),
    "a default taken away": (altered("kind", models.CharField(max_length=10)), "planted_note.kind is filled"),
    "SQL that moves a table": (
        lambda: migrations.RunSQL("ALTER TABLE planted_note SET SCHEMA sealed"), "planted_note is gone"
    ),
    "SQL that drops a column": (
        lambda: migrations.RunSQL("ALTER TABLE planted_note DROP COLUMN marks"), "planted_note.marks is gone"
    ),
}  # fmt: skip
GOOD = {
    "an empty column": field("stars", models.IntegerField(null=True)),
    "a column with a default of the database": field("stars", models.IntegerField(db_default=0)),
    "a longer text": altered("title", models.CharField(max_length=41)),
    "a text without end": altered("title", models.TextField()),
    "a larger number": altered("page", models.BigIntegerField(null=True)),
    "a column that may be empty": altered("text", models.TextField(null=True)),
    "more in a list": altered("marks", ArrayField(models.CharField(max_length=11), size=9)),
    "a table": lambda: migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
}


@pytest.mark.parametrize("planted", BAD)
def test_a_planted_migration_that_takes_something_away_is_found(planted: str, db: None):
    operation, told = BAD[planted]
    found = after(operation())
    assert any(told in line for line in found), found


@pytest.mark.parametrize("planted", GOOD)
def test_one_that_only_adds_is_not(planted: str, db: None):
    assert after(GOOD[planted]()) == set()
