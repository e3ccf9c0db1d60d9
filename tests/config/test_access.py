"""The access table is complete and true: every route, every role, own and other's object, anonymous."""

import io
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from accounts.invitation_services import make_invitation
from accounts.models import Role, User
from accounts.token_services import make_token
from cohorts import storage
from cohorts.models import Upload
from deid.donor_queries import shipped_donors
from deid.models import OwnDonor, Rendition
from ratings import services as studies
from ratings.member_services import add_member
from tests import access_table
from tests.access_table import LINKED, ROLES, TABLE, Row
from tests.factories import (
    CohortFactory,
    JobFactory,
    OriginalFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    UserFactory,
)
from tests.links import link

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def routes(patterns: list, prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            namespace = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from routes(pattern.url_patterns, namespace)
        elif isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name}"


def all_routes() -> list[str]:
    return sorted(set(routes(get_resolver().url_patterns)))


def test_every_route_is_in_the_table_and_every_row_is_a_route():
    assert set(all_routes()) == set(TABLE) | set(access_table.ALLAUTH)


class World:
    """One cohort with one of everything, and a study with one rater and one investigator."""

    def __init__(self, people: dict[str, User]) -> None:
        coordinator, rater = people["coordinator"], people["rater"]
        self.cohort = CohortFactory(coordinators=[coordinator])
        self.membership = self.cohort.memberships.get()
        self._make_accounts(coordinator)
        self.participant = ParticipantFactory(cohort=self.cohort)
        self.recording = RecordingFactory(participant=self.participant)
        self.upload = Upload.objects.create(
            cohort=self.cohort, code="PD-9", task="speech", state="refused", message="no"
        )
        self.shipped_donor = shipped_donors()[0]["name"]
        self.own_donor = OwnDonor.objects.create(
            name=f"own-{self.cohort.pk}", sex="f", age=40, consent="sheet 1", consented_on="2026-01-31",
            state="accepted", added_by=coordinator, storage_name=storage.store(io.BytesIO(b"jpeg")),
        )  # fmt: skip
        self.job = JobFactory(recording=self.recording, method="blur")
        self.rendition = RenditionFactory(recording=self.recording, method="pixelate", state=Rendition.State.IN_REVIEW)
        RenditionFactory(recording=self.recording, method="mask")
        OriginalFactory(recording=self.recording)
        self.study, self.closed_study = (
            studies.open_study(
                study=studies.create_study(
                    name=f"{name} {self.cohort.pk}",
                    cohort=self.cohort,
                    method="mask",
                    raters=[rater],
                    actor=coordinator,
                ),
                actor=coordinator,
            )
            for name in ("Open", "Closed")
        )
        studies.close_study(study=self.closed_study, actor=coordinator)
        self.study_member, _other = (
            add_member(study=study, user=people["investigator"], actor=coordinator)
            for study in (self.study, self.closed_study)
        )
        self.presentation = self.study.presentations.first()

    def _make_accounts(self, coordinator: User) -> None:
        self.person = UserFactory(role=Role.JUDGE)
        self.token, _secret = make_token(user=coordinator, name="uploader", scopes=["write:uploads"], lifetime=WEEK)
        self.invitation, self.secret = make_invitation(role=Role.RATER, actor=coordinator, lifetime=WEEK)
        store = SessionStore()
        store.create()
        self.session = UserSession.objects.create(
            user=coordinator, ip="127.0.0.1", session_key=store.session_key, user_agent="Firefox"
        )

    def address(self, route: str) -> str:
        kind = TABLE[route].target
        if kind == "shipped_donor":
            return reverse(route, kwargs={"name": self.shipped_donor})
        if kind == "secret":
            return reverse(route, kwargs={"secret": self.secret})
        return reverse(route, kwargs={"pk": getattr(self, kind).pk}) if kind else reverse(route)


STRANGERS = ("coordinator", "rater", "investigator")


@pytest.fixture
def people() -> dict[str, User]:
    return {role: UserFactory(role=Role(role)) for role in ROLES}


def linked(client: Client, address: str) -> str:
    """Media are asked for by a link of the session, as pages give it."""
    if resolve(address).view_name not in LINKED:
        return address
    return link(client, address)


def call(client: Client, row: Row, address: str) -> int:
    response = getattr(client, row.method)(linked(client, address), **row.sent)
    if response.streaming:
        b"".join(response.streaming_content)
    return response.status_code


@pytest.mark.parametrize("route", sorted(TABLE))
@pytest.mark.parametrize("role", ROLES)
def test_own_object(route: str, role: str, people, sign_in):
    world = World(people)
    assert call(sign_in(people[role]), TABLE[route], world.address(route)) == TABLE[route].own[role]


@pytest.mark.parametrize("route", sorted(route for route, row in TABLE.items() if row.target))
@pytest.mark.parametrize("role", ROLES)
def test_anothers_object(route: str, role: str, people, sign_in):
    world = World({role: UserFactory(role=Role(role)) for role in STRANGERS})
    assert call(sign_in(people[role]), TABLE[route], world.address(route)) == TABLE[route].other[role]


@pytest.mark.parametrize("route", sorted(TABLE))
def test_anonymous(route: str, people):
    world = World(people)
    row, client = TABLE[route], Client()
    response = getattr(client, row.method)(world.address(route), **row.sent)
    assert response.status_code == row.anonymous
    if row.anonymous == 302:
        assert response.url.startswith("/account/login/")


@pytest.mark.parametrize("route", sorted(route for route, row in TABLE.items() if row.target))
def test_an_object_that_does_not_exist_is_404_or_forbidden(route: str, people, sign_in):
    row = TABLE[route]
    missing = uuid.uuid4() if row.target == "presentation" else 10**9
    for role in ROLES:
        expected = 403 if row.own[role] == 403 else 404
        named = {"shipped_donor": {"name": "nobody"}, "secret": {"secret": "nothing"}}
        kwargs = named.get(row.target, {"pk": missing})
        assert call(sign_in(people[role]), row, reverse(route, kwargs=kwargs)) == expected


@pytest.mark.parametrize("route", sorted(TABLE))
def test_another_method_is_405(route: str, people, sign_in):
    world = World(people)
    row = TABLE[route]
    role = next(role for role in ROLES if row.own[role] != 403)
    wrong = "delete" if row.method == "get" else "get"
    # The API asks who is there before it looks at the method.
    expected = 401 if row.own[role] == 401 else 405
    assert getattr(sign_in(people[role]), wrong)(world.address(route)).status_code == expected


@pytest.mark.parametrize("route", sorted(access_table.ALLAUTH))
def test_accounts_pages(route: str, people, sign_in):
    anonymous, signed = access_table.ALLAUTH[route]
    assert Client().get(reverse(route)).status_code == anonymous
    for role in ROLES:
        assert sign_in(people[role]).get(reverse(route)).status_code == signed, role
