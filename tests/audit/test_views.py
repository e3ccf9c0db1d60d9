"""The log's page: filters, pages and the export, for administrators."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import audit.services as audit
from accounts.models import Role
from audit.models import Event
from audit.queries import PAGE
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(sign_in):
    return sign_in(Role.ADMINISTRATOR)


def notes(response) -> set[str]:
    return {event.note for event in response.context["page"].events}


@pytest.fixture
def events(client) -> dict[str, Event]:
    """One by a coordinator about themself, one by nobody."""
    anna = UserFactory(username="anna")
    return {
        "about": audit.record(actor=anna, verb="cohort.created", target=anna, note="about"),
        "nobody": audit.record(actor=None, verb="cohort.member_added", target=None, note="nobody"),
    }


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("actor=anna", {"about"}),
        ("verb=cohort.created", {"about"}),
        ("verb=cohort.", {"about", "nobody"}),
        ("verb=cohort", set()),
        ("target_type=accounts.User&target_id={anna}", {"about"}),
        ("target_id=0", set()),
        ("verb=cohort.&since={today}&until={today}", {"about", "nobody"}),
        ("verb=cohort.&since={tomorrow}", set()),
        ("verb=cohort.&until={yesterday}", set()),
        ("actor=anna&verb=cohort.member_added", set()),
    ],
)
def test_filters(client, events, asked: str, found: set[str]):
    now = timezone.localtime()
    days = {
        name: f"{now + timedelta(days=n):%Y-%m-%d}" for name, n in (("yesterday", -1), ("today", 0), ("tomorrow", 1))
    }
    response = client.get("/audit/?" + asked.format(anna=events["about"].target_id, **days))
    assert response.status_code == 200
    assert notes(response) == found


@pytest.mark.parametrize(
    "asked",
    ["actor__password__startswith=pbkdf2", "note__contains=x", "ordering=actor__password", "actor__role=rater", "id=1"],
)
def test_look_ups_along_relations_are_refused(client, asked: str):
    assert client.get(f"/audit/?{asked}").status_code == 400


@pytest.mark.parametrize(
    ("asked", "says"),
    [("actor=nobody", "no account “nobody”"), ("since=soon", "valid date"), ("until=0001-01-01", "2000"),
     ("until=9999-12-31", "2999")],
)  # fmt: skip
def test_a_filter_that_cannot_be_is_told(client, asked: str, says: str):
    response = client.get(f"/audit/?{asked}")
    assert response.status_code == 422
    assert says in response.content.decode()


@pytest.mark.parametrize("before", ["x", "0", "-1", str(2**70)])
def test_a_page_that_cannot_be_is_400_in_words(client, before: str):
    response = client.get(f"/audit/?before={before}")
    assert response.status_code == 400
    assert "does not know" in response.content.decode()


def test_pages_show_every_event_once(client):
    for number in range(2 * PAGE + 5):
        audit.record(actor=None, verb="test.done", target=None, note=str(number))
    seen: list[str] = []
    address = "verb=test.done"
    while address:
        response = client.get(f"/audit/?{address}")
        seen += [event.note for event in response.context["page"].events]
        address = response.context["older"] if response.context["page"].older else ""
    assert seen == [str(number) for number in reversed(range(2 * PAGE + 5))]


def test_the_page_costs_the_same_for_one_and_for_a_hundred_events(client):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/audit/?verb=test.done").status_code == 200
        return len(queries)

    audit.record(actor=UserFactory(), verb="test.done", target=None)
    one = cost()
    for _ in range(PAGE):
        audit.record(actor=UserFactory(), verb="test.done", target=None)
    assert cost() == one


def test_the_export_holds_what_the_filter_matches_and_is_an_event_itself(client, events):
    response = client.post("/audit/export/", {"verb": "cohort.", "actor": "anna"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert [(row["actor"], row["verb"], row["note"]) for row in rows] == [("anna", "cohort.created", "about")]
    exported = Event.objects.get(verb="audit.exported")
    assert exported.actor == client.user
    assert exported.note == f"actor={events['about'].actor_id}; verb=cohort."


def test_a_note_that_looks_like_a_formula_is_text_in_the_export(client):
    audit.record(actor=None, verb="test.done", target=None, note="=HYPERLINK(1)")
    rows = b"".join(client.post("/audit/export/", {"verb": "test.done"}).streaming_content).decode()
    assert ",'=HYPERLINK(1)," in rows


def test_a_bad_filter_exports_nothing(client):
    assert client.post("/audit/export/", {"actor": "nobody"}).status_code == 422
    assert not Event.objects.filter(verb="audit.exported").exists()
