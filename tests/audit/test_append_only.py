"""The log cannot be rewritten: by no role through UPDATE or DELETE, and not emptied by the app role."""

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

import audit.services as audit
from audit.models import Event
from config.embedded import APP
from tests.factories import UserFactory


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE audit_event SET verb = 'x'", "DELETE FROM audit_event"])
def test_changes_are_refused_even_for_the_owner(statement: str):
    audit.record(actor=UserFactory(), verb="test.done", target=None)
    with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
        connection.cursor().execute(statement)
    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="a server of one's own has roles of its own names")
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE audit_event",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_event_append_only ON audit_event",
        "DROP TABLE audit_event CASCADE",
        "UPDATE audit_event SET verb = 'x'",
        "DELETE FROM audit_event",
        "ALTER TABLE ratings_rating DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ],
)
def test_the_app_role_has_no_way_around(statement: str):
    audit.record(actor=None, verb="test.done", target=None)
    given = connection.settings_dict
    with psycopg.connect(host=given["HOST"], port=given["PORT"], user=APP, dbname=given["NAME"]) as app:
        assert app.execute("SELECT count(*) FROM audit_event").fetchone() == (1,)
        with pytest.raises(psycopg.Error):
            app.execute(statement)
    assert Event.objects.count() == 1
