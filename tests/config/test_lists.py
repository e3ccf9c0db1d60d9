"""No list, filter or ordering reveals what belongs to others: every list, with every query string that might."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.invitation_services import make_invitation
from accounts.models import Role, User
from accounts.token_services import make_token
from cohorts.models import Upload
from deid.models import OwnDonor, Rendition
from ratings import services as studies
from ratings.member_services import add_member
from tests.access_table import TABLE
from tests.config.test_access import WEEK
from tests.factories import (
    CohortFactory,
    JobFactory,
    OriginalFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    UserFactory,
)
from tests.ratings.build import READY, open_alike
from tests.ratings.experiments import TINY, opened_experiment

pytestmark = pytest.mark.django_db

FIDELITY = ("analysis:methods", "analysis:dynamics", "analysis:identity")
LISTS = {
    "administrator": ["accounts:tokens", "accounts:sessions", "deid:weights", "deid:trainings", "deid:training_new",
                      "deid-api:trainings"],
    "coordinator": ["home", "cohorts:list", "cohorts:new", "deid:jobs", "deid:donors", "ratings:studies",
                    "ratings:study_new", "ratings:experiments", "ratings:experiment_new",
                    "cohorts:invitations", "accounts:tokens", "accounts:sessions", "cohorts-api:cohorts",
                    "deid-api:jobs", "ratings-api:experiments", *FIDELITY],
    "investigator": ["home", "analysis:studies", "accounts:tokens", "accounts:sessions", *FIDELITY],
    "rater": ["ratings:desk", "accounts:sessions"],
    "judge": ["home", "ratings:judging", "accounts:sessions"],
}  # fmt: skip
# Keys that Django, DRF, django-filter and their kin understand, along this schema's relations.
KEYS = (
    "q", "search", "filter", "ordering", "order_by", "o", "sort", "page_size", "limit", "fields", "expand", "format",
    "id", "pk", "user", "user_id", "cohort", "cohort_id", "cohort__name", "cohort__name__startswith", "all",
    "coordinators", "coordinators__id", "recording__cohort__name__regex", "recording__participant__code__startswith",
    "study__cohort__name", "members__user", "added_by__password__startswith", "made_by__username", "rater__username",
    "raters__password__startswith", "user__password__gte", "created_by", "places__rater", "token_hash__startswith",
)  # fmt: skip
SECRET = "Zebra"


@pytest.fixture
def others() -> list[str]:
    """A world of somebody else's, every name in it marked; returns what must not be seen of it."""
    coordinator = UserFactory(username=f"{SECRET}-coordinator")
    cohort = CohortFactory(name=f"{SECRET} cohort", coordinators=[coordinator])
    recording = RecordingFactory(participant=ParticipantFactory(cohort=cohort, code="ZEBRA-77"))
    Upload.objects.create(cohort=cohort, code="ZEBRA-78", task="speech", state="refused", message=f"{SECRET} file")
    JobFactory(recording=recording, method="blur", state="failed", error=f"{SECRET} error")
    RenditionFactory(recording=recording, method="mask", state=Rendition.State.RELEASED)
    OriginalFactory(recording=recording)
    study = studies.create_study(
        name=f"{SECRET} study", cohort=cohort, method="mask", raters=[UserFactory(role=Role.RATER)], actor=coordinator,
        protocol=READY,
    )  # fmt: skip
    open_alike(study=study, actor=coordinator)
    add_member(study=study, user=UserFactory(role=Role.INVESTIGATOR), actor=coordinator)
    opened_experiment(7, protocol=TINY, coordinator=coordinator, name=f"{SECRET} experiment")
    OwnDonor.objects.create(
        name="own-zebra", sex="f", age=40, consent=f"{SECRET} sheet", consented_on="2026-01-31", state="accepted",
        added_by=coordinator, storage_name="x", arrays={},
    )  # fmt: skip
    make_token(user=coordinator, name=f"{SECRET} token", scopes=["read:cohorts"], lifetime=WEEK)
    make_invitation(role=Role.RATER, actor=coordinator, lifetime=WEEK, label=f"{SECRET} invitation")
    return [SECRET, "ZEBRA-7", "own-zebra"]


def text(client: Client, address: str) -> str:
    """A page without what differs at every look."""
    return _steady(client.get(address).content)


def _steady(page: bytes) -> str:
    page = re.sub(rb'name="next" value="[^"]*"', b"", page)  # the way back of the switch between languages
    return re.sub(r"\b\w{64}\b", "", page.decode())  # tokens against forged requests


@pytest.mark.parametrize("role", sorted(LISTS))
def test_no_list_shows_or_hints_at_anothers_objects(role: str, others, sign_in):
    client = sign_in(Role(role))
    own_cohort(client.user)
    for route in LISTS[role]:
        plain = text(client, reverse(route))
        assert not [mark for mark in others if mark in plain], route
        for key in KEYS:
            for value in (SECRET, "-cohort__name"):
                address = f"{reverse(route)}?{key}={value}"
                asked = client.get(address)
                # Refused, or answered as if nothing had been asked: nothing can be learnt by asking.
                assert asked.status_code == 400 or _steady(asked.content) == plain, address


def own_cohort(user: User) -> None:
    if user.role == Role.COORDINATOR:
        recordings = RecordingFactory.create_batch(
            2, participant=ParticipantFactory(cohort=CohortFactory(coordinators=[user]))
        )
        for recording in recordings:
            JobFactory(recording=recording)


def test_the_lists_above_are_all_lists():
    """A list is a page without an object in its address; administrators see everything but what is personal."""
    no_lists = {
        "healthz", "readyz", "metrics", "ratings:next", "ratings:next_trial", "accounts:account", "schema",
        "accounts-api:token", "accounts-api:who", "ratings:reminders", "glossary", "style",
    }  # fmt: skip
    pages = {route for route, row in TABLE.items() if not row.target and row.method == "get"}
    known = {route for routes in LISTS.values() for route in routes} | no_lists
    assert pages - known == {"accounts:people", "audit:events"}, "a list without its row here"
