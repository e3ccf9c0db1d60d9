"""Home: what waits for each role, with one primary action and a number of queries that does not grow."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from cohorts.models import Recording, Scope
from deid.models import Job, Rendition
from ratings import services as studies
from ratings.member_services import add_member
from tests.factories import (
    CohortFactory,
    JobFactory,
    OriginalFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    UserFactory,
    consent,
)
from tests.ratings.build import READY, open_alike

pytestmark = pytest.mark.django_db


def a_day_of(coordinator: User, investigator: User, rater: User) -> None:
    """One of everything that may wait, in a cohort of its own."""
    cohort = CohortFactory(coordinators=[coordinator])

    def recording() -> Recording:
        return RecordingFactory(participant=ParticipantFactory(cohort=cohort))

    recording()
    RenditionFactory(recording=recording(), state=Rendition.State.IN_REVIEW)
    JobFactory(recording=recording(), state=Job.State.FAILED, error="The disk was full.")
    JobFactory(recording=recording(), state=Job.State.QUEUED)
    rated = recording()
    RenditionFactory(recording=rated)
    OriginalFactory(recording=rated)
    for name, steps in (("Draft", 0), ("Open", 1), ("Closed", 2)):
        study = studies.create_study(
            name=f"{name} {cohort.pk}", cohort=cohort, method="mask", raters=[rater], actor=coordinator,
            protocol=READY,
        )  # fmt: skip
        add_member(study=study, user=investigator, actor=coordinator)
        if steps:
            open_alike(study=study, actor=coordinator)
        if steps == 2:
            studies.close_study(study=study, actor=coordinator)


@pytest.fixture
def team() -> dict[Role, User]:
    return {role: UserFactory(role=role) for role in (Role.COORDINATOR, Role.INVESTIGATOR, Role.RATER)}


def titles(page: str) -> list[str]:
    return [" ".join(re.sub("<[^>]+>", "", title).split()) for title in re.findall(r"<h2>(.*?)</h2>", page)]


def primary(page: str) -> list[str]:
    return re.findall(r'class="button primary" href="[^"]+">([^<]+)<', page)


def test_a_coordinator_sees_the_work_in_its_order(team, sign_in):
    a_day_of(*team.values())
    page = sign_in(team[Role.COORDINATOR]).get("/").content.decode()
    assert titles(page) == [
        "Renditions to review 1", "Jobs that stopped 1", "Recordings to de-identify 1", "Studies to open 1",
        "Jobs under way 1", "Being rated 1",
    ]  # fmt: skip
    assert primary(page) == ["Review the next rendition"]
    assert "The disk was full." in page


def test_an_investigator_sees_closed_studies_first(team, sign_in):
    a_day_of(*team.values())
    page = sign_in(team[Role.INVESTIGATOR]).get("/").content.decode()
    assert titles(page) == ["Results to read 1", "Being rated; sealed until closed 1"]
    assert primary(page) == ["Read the newest result"]


def test_a_study_that_all_have_rated_asks_to_be_closed(team, sign_in):
    a_day_of(*team.values())
    study = studies.Study.objects.get(state="open")
    study.presentations.update(started_at="2026-01-31T09:00Z", completed_at="2026-01-31T10:00Z")
    assert "Studies that are rated 1" in titles(sign_in(team[Role.COORDINATOR]).get("/").content.decode())


def test_a_job_that_was_asked_for_again_no_longer_waits(team, sign_in):
    a_day_of(*team.values())
    JobFactory(recording=Job.objects.get(state=Job.State.FAILED).recording)
    assert "Jobs that stopped" not in sign_in(team[Role.COORDINATOR]).get("/").content.decode()


def test_participants_of_whom_nothing_is_recorded_wait_for_their_consent(team, sign_in):
    cohort = CohortFactory(coordinators=[team[Role.COORDINATOR]])
    participant = ParticipantFactory(cohort=cohort, scopes=[])
    RecordingFactory(participant=participant)
    client = sign_in(team[Role.COORDINATOR])
    page = client.get("/").content.decode()
    assert titles(page) == ["Participants without recorded consent 1"]
    assert primary(page) == ["Record the next consent"]
    consent(participant, Scope.RESEARCH)
    assert titles(client.get("/").content.decode()) == ["Recordings to de-identify 1"]


def test_what_belongs_to_others_does_not_wait(team, sign_in):
    a_day_of(*team.values())
    assert titles(sign_in(Role.COORDINATOR).get("/").content.decode()) == ["Begin with a cohort 1"]
    assert titles(sign_in(Role.INVESTIGATOR).get("/").content.decode()) == []


def test_raters_land_on_their_desk_and_judges_are_told_that_nothing_waits(team, sign_in):
    assert sign_in(Role.RATER).get("/").url == "/rate/"
    assert "No trials wait for you" in sign_in(Role.JUDGE).get("/").content.decode()


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.INVESTIGATOR])
def test_home_costs_the_same_for_one_and_for_three(role, team, sign_in):
    client = sign_in(team[role])
    counts = []
    for days in (1, 2):
        for _ in range(days):
            a_day_of(*team.values())
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20


def test_of_many_the_first_are_shown_and_all_are_counted(team, sign_in):
    cohort = CohortFactory(coordinators=[team[Role.COORDINATOR]])
    RecordingFactory.create_batch(7, participant=ParticipantFactory(cohort=cohort))
    page = sign_in(team[Role.COORDINATOR]).get("/").content.decode()
    assert titles(page) == ["Recordings to de-identify 7"]
    assert page.count("<time ") == 5
    assert "All 7" in page
