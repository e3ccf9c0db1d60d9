"""The access table is complete and true: every route, every role, own and other's object, anonymous.

The objects are made once: each of the two thousand calls is taken back to them by a savepoint.
"""

import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from accounts.invitation_services import make_invitation
from accounts.models import Role, User
from accounts.token_services import make_token
from analysis.models import Run
from cohorts import storage
from cohorts.models import Upload
from deid.donor_queries import shipped_donors
from deid.models import OwnDonor, Rendition, TrainingRun, TrainingSheet
from ratings import amendment_services
from ratings import services as studies
from ratings.member_services import add_member
from ratings.models import (
    Adjudicator,
    CodeBreak,
    DebriefShowing,
    Exclusion,
    Experiment,
    PracticeAnswer,
    PracticeCase,
    SessionSignature,
    Trial,
)
from tests import access_table
from tests.access_table import LINKED, ROLES, TABLE, Row
from tests.analysis.runs import computed_run, reported_run
from tests.conftest import media_settings
from tests.factories import (
    CohortFactory,
    JobFactory,
    OriginalFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    TrainingRunFactory,
    UserFactory,
)
from tests.links import link
from tests.ratings.build import READY, open_alike
from tests.ratings.experiments import TINY, answer, build, closed_experiment, draft_experiment, opened_experiment
from tests.ratings.experiments import people as people_to_show

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
        self._make_trainings()
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
            open_alike(
                study=studies.create_study(
                    name=f"{name} {self.cohort.pk}",
                    cohort=self.cohort,
                    method="mask",
                    raters=[rater],
                    actor=coordinator,
                    protocol=READY,
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
        self.signature = SessionSignature.objects.create(
            place=self.study.places.get(), session=7, name="A rater", meaning="all of it", second_factor=False,
            n_answers=1, sha256="0" * 64,
        )  # fmt: skip
        self._make_design(coordinator)
        self._make_practice()
        self._make_around(rater)
        self._people = people

    def _experiment(self, make: Callable[..., Experiment], name: str) -> Experiment:
        people = self._people
        cohort = people_to_show(7, coordinator=people["coordinator"])
        return make(
            name=f"{name} {cohort.pk}", cohort=cohort, coordinator=people["coordinator"], protocol=TINY,
            judges=[people.get("judge") or UserFactory(role=Role.JUDGE)], investigators=[people["investigator"]],
        )  # fmt: skip

    @cached_property
    def draft_experiment(self) -> Experiment:
        return self._experiment(draft_experiment, "Draft")

    @cached_property
    def built_experiment(self) -> Experiment:
        build(experiment := self._experiment(draft_experiment, "Built"))
        return experiment

    @cached_property
    def experiment(self) -> Experiment:
        return self._experiment(opened_experiment, "Open")

    @cached_property
    def closed_experiment(self) -> Experiment:
        return self._experiment(closed_experiment, "Closed")

    @cached_property
    def trial(self) -> Trial:
        """Its practice is answered, so that it is not held back."""
        for trial in self.experiment.trials.filter(practice=True):
            answer(trial)
        return self.experiment.trials.get(practice=False)

    @cached_property
    def run(self) -> Run:
        self.closed_study.refresh_from_db()  # it was closed as another object
        return computed_run(self.closed_study)

    @cached_property
    def reported_run(self) -> Run:
        self.closed_study.refresh_from_db()
        return reported_run(self.closed_study, parameters={"rounds": 100})

    def _make_design(self, coordinator: User) -> None:
        self.draft_study = amendment_services.copy_study(
            study=self.study, name=f"Draft {self.cohort.pk}", actor=coordinator
        )
        self.place = self.draft_study.places.get()
        self.exclusion = Exclusion.objects.create(study=self.draft_study, recording=self.recording, reason="noisy")
        self.version = self.study.versions.get()
        self.code_break = CodeBreak.objects.create(
            study=self.study, participant=self.participant, reason="a finding in the video", asked_by=coordinator
        )

    def _make_practice(self) -> None:
        """Answered, so that the presentation is not held back."""
        told = {
            "recording": self.recording,
            "version": "original",
            "reference": {"facial_expression": 2},
            "position": 1,
        }
        shown = {"rendition": Rendition.objects.get(recording=self.recording, method="original")}
        shown |= {"storage_name": self.presentation.storage_name, "shown_bytes": self.presentation.shown_bytes}
        self.practice_case = PracticeCase.objects.create(study=self.study, **told, **shown)
        self.draft_practice = PracticeCase.objects.create(study=self.draft_study, **told)
        PracticeAnswer.objects.create(
            case=self.practice_case, place=self.study.places.get(), item="facial_expression", score=1,
            client_id=uuid.uuid4(),
        )  # fmt: skip

    def _make_around(self, rater: User) -> None:
        self.adjudicator = Adjudicator.objects.create(study=self.study, user=rater)
        self.asked_again = self.presentation
        DebriefShowing.objects.create(place=self.study.places.get(), presentation=self.presentation, position=1)

    def _make_trainings(self) -> None:
        self.training = TrainingRunFactory()
        self.stopped_training = TrainingRunFactory(state=TrainingRun.State.STOPPED)
        self.training_sheet = TrainingSheet.objects.create(
            run=self.training, step=100, storage_name=storage.store(io.BytesIO(b"png")), n_bytes=3
        )

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
        if kind == "point":
            return reverse(route, kwargs={"pk": self.run.pk, "name": "participant-1"})
        if kind == "own_session":
            return reverse(route, kwargs={"pk": self.study.pk, "session": self.presentation.session})
        if kind == "secret":
            return reverse(route, kwargs={"secret": self.secret})
        return reverse(route, kwargs={"pk": getattr(self, kind).pk}) if kind else reverse(route)


LATER = ("draft_experiment", "built_experiment", "experiment", "closed_experiment", "trial", "run", "reported_run")
STRANGERS = ("coordinator", "rater", "investigator")


@dataclass(frozen=True)
class Worlds:
    """What belongs to `people`, one of each role, and what belongs to others."""

    people: dict[str, User]
    own: World
    others: World


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")


@pytest.fixture(autouse=True)
def media(folder: Path, settings: Any) -> Path:
    """The files of the worlds are there in every test."""
    for name, value in media_settings(folder).items():
        setattr(settings, name, value)
    return folder / "media"


@pytest.fixture(scope="module")
def worlds(folder: Path, django_db_setup: None, django_db_blocker: Any) -> Iterator[Worlds]:
    """Made before the first test, in a transaction that ends with the last."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(**media_settings(folder)):
            people = {role: UserFactory(role=Role(role)) for role in ROLES}
            made = Worlds(people, World(people), World({role: UserFactory(role=Role(role)) for role in STRANGERS}))
            for world, name in product((made.own, made.others), LATER):
                getattr(world, name)
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def db(worlds: Worlds) -> Iterator[None]:
    """Instead of pytest-django's: what a test changes is taken back to the worlds, not to nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def people(worlds: Worlds) -> dict[str, User]:
    return worlds.people


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
def test_own_object(route: str, role: str, worlds, sign_in):
    client = sign_in(worlds.people[role])
    assert call(client, TABLE[route], worlds.own.address(route)) == TABLE[route].own[role]


@pytest.mark.parametrize("route", sorted(route for route, row in TABLE.items() if row.target))
@pytest.mark.parametrize("role", ROLES)
def test_anothers_object(route: str, role: str, worlds, sign_in):
    client = sign_in(worlds.people[role])
    assert call(client, TABLE[route], worlds.others.address(route)) == TABLE[route].other[role]


@pytest.mark.parametrize("route", sorted(TABLE))
def test_anonymous(route: str, worlds, db):
    row, client = TABLE[route], Client()
    response = getattr(client, row.method)(worlds.own.address(route), **row.sent)
    assert response.status_code == row.anonymous
    if row.anonymous == 302:
        assert response.url.startswith("/account/login/")


@pytest.mark.parametrize("route", sorted(route for route, row in TABLE.items() if row.target))
def test_an_object_that_does_not_exist_is_404_or_forbidden(route: str, people, sign_in):
    row = TABLE[route]
    by_uuid = ("presentation", "practice_case", "draft_practice", "asked_again", "trial")
    missing = uuid.uuid4() if row.target in by_uuid else 10**9
    for role in ROLES:
        expected = 403 if row.own[role] == 403 else 404
        named = {"shipped_donor": {"name": "nobody"}, "secret": {"secret": "nothing"}}
        named["own_session"] = {"pk": missing, "session": 0}
        named["point"] = {"pk": missing, "name": "participant-1"}
        kwargs = named.get(row.target, {"pk": missing})
        assert call(sign_in(people[role]), row, reverse(route, kwargs=kwargs)) == expected


@pytest.mark.parametrize("route", sorted(TABLE))
def test_another_method_is_405(route: str, worlds, sign_in):
    row = TABLE[route]
    role = next(role for role in ROLES if row.own[role] != 403)
    # The API asks who is there before it looks at the method.
    expected = 401 if row.own[role] == 401 else 405
    assert sign_in(worlds.people[role]).put(worlds.own.address(route)).status_code == expected


@pytest.mark.parametrize("route", sorted(access_table.ALLAUTH))
def test_accounts_pages(route: str, people, sign_in):
    anonymous, signed = access_table.ALLAUTH[route]
    assert Client().get(reverse(route)).status_code == anonymous
    for role in ROLES:
        assert sign_in(people[role]).get(reverse(route)).status_code == signed, role
