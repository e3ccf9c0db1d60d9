"""Jobs, decisions and review."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit.models import Event
from deid import queries, services
from deid.models import Decision, Job, Rendition
from tests.factories import JobFactory, RecordingFactory, RenditionFactory, UserFactory

pytestmark = pytest.mark.django_db
HALF = [[0, 49, "covered"], [50, 79, "withheld"], [80, 89, "held"], [90, 99, "withheld"]]


@pytest.fixture
def rendition() -> Rendition:
    return RenditionFactory(method="blur", state=Rendition.State.IN_REVIEW, runs=HALF)


def test_a_method_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(ValidationError, match="choose one of mask, blur, pixelate"):
        services.request_job(recording=RecordingFactory(), method="vanish", actor=None)


def test_the_original_is_no_method_of_de_identification():
    with pytest.raises(ValidationError):
        services.request_job(recording=RecordingFactory(), method="original", actor=None)


def test_pressing_twice_makes_one_job():
    recording = RecordingFactory()
    jobs = {services.request_job(recording=recording, method="mask", actor=None).pk for _ in range(2)}
    assert len(jobs) == 1


def test_a_rendition_with_undecided_frames_is_not_released(rendition: Rendition):
    assert queries.frames_waiting(rendition) == 40
    with pytest.raises(ValidationError, match="40 frames still wait"):
        services.release_rendition(rendition=rendition, reviewer=UserFactory())
    rendition.refresh_from_db()
    assert rendition.state == Rendition.State.IN_REVIEW


def test_kept_masked_it_is_released_by_someone_at_some_time(rendition: Rendition):
    reviewer = UserFactory()
    services.keep_all_masked(rendition=rendition, reviewer=reviewer)
    released = services.release_rendition(rendition=rendition, reviewer=reviewer)
    assert (released.state, released.reviewed_by) == (Rendition.State.RELEASED, reviewer)
    assert released.reviewed_at
    assert Event.objects.filter(verb="rendition.released", target_id=str(rendition.pk)).exists()


def test_frames_marked_as_no_face_need_a_new_rendition_first(rendition: Rendition):
    reviewer = UserFactory()
    services.decide_frames(rendition=rendition, first=50, verdict="no_face", reviewer=reviewer)
    services.keep_all_masked(rendition=rendition, reviewer=reviewer)
    with pytest.raises(ValidationError, match="render it again"):
        services.release_rendition(rendition=rendition, reviewer=reviewer)
    job = services.render_again(rendition=rendition, reviewer=reviewer)
    assert job.decisions == [[50, 79, "no_face"], [90, 99, "keep_masked"]]
    assert job.method == "blur"


def test_a_new_rendition_keeps_the_earlier_decisions(rendition: Rendition):
    rendition.job.decisions = [[0, 9, "no_face"]]
    services.decide_frames(rendition=rendition, first=50, verdict="no_face", reviewer=UserFactory())
    job = services.render_again(rendition=rendition, reviewer=UserFactory())
    assert job.decisions == [[0, 9, "no_face"], [50, 79, "no_face"]]


def test_deciding_again_replaces_the_decision(rendition: Rendition):
    for verdict in ("no_face", "keep_masked"):
        services.decide_frames(rendition=rendition, first=50, verdict=verdict, reviewer=UserFactory())
    assert rendition.decisions.get().verdict == Decision.Verdict.KEEP_MASKED


@pytest.mark.parametrize("first", [0, 51, 80, 1000, -1])
def test_only_runs_of_withheld_frames_are_decided_on(rendition: Rendition, first: int):
    with pytest.raises(ValidationError, match="No run of withheld frames"):
        services.decide_frames(rendition=rendition, first=first, verdict="no_face", reviewer=UserFactory())


def test_rejecting_needs_a_reason(rendition: Rendition):
    with pytest.raises(ValidationError, match="Say why"):
        services.reject_rendition(rendition=rendition, reviewer=UserFactory(), note="  ")
    rejected = services.reject_rendition(rendition=rendition, reviewer=UserFactory(), note="the ear shows")
    assert (rejected.state, rejected.reason) == (Rendition.State.REJECTED, "the ear shows")


def test_a_review_is_final(rendition: Rendition):
    services.reject_rendition(rendition=rendition, reviewer=UserFactory(), note="the ear shows")
    with pytest.raises(ValidationError, match="not in review"):
        services.release_rendition(rendition=rendition, reviewer=UserFactory())
    with pytest.raises(ValidationError, match="not in review"):
        services.decide_frames(rendition=rendition, first=50, verdict="no_face", reviewer=UserFactory())


def test_the_database_refuses_what_the_rules_refuse(rendition: Rendition):
    renditions, jobs = Rendition.objects.filter(pk=rendition.pk), Job.objects.filter(pk=rendition.job_id)
    for rows, change in [
        (renditions, {"state": "released"}),
        (renditions, {"state": "rejected", "reviewed_by": UserFactory()}),
        (renditions, {"method": "original"}),
        (jobs, {"state": "running"}),
        (jobs, {"state": "failed", "error": ""}),
        (jobs, {"progress": 1.5}),
        (jobs, {"queue": "tpu"}),
    ]:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)


def test_a_cancelled_job_stays_cancelled():
    job = JobFactory()
    services.cancel_job(job=job, actor=UserFactory())
    with pytest.raises(ValidationError, match="over"):
        services.cancel_job(job=job, actor=UserFactory())


def test_the_page_of_jobs_costs_the_same_for_one_and_for_three(sign_in, django_assert_num_queries, media: Path):
    from accounts.models import Role

    client = sign_in(Role.ADMINISTRATOR)
    RenditionFactory(method="mask")
    client.get("/jobs/")
    with django_assert_num_queries(3):  # session, user, jobs with their renditions and recordings
        client.get("/jobs/")
    RenditionFactory(method="mask")
    RenditionFactory(method="blur")
    with django_assert_num_queries(3):
        assert client.get("/jobs/").content.count(b"badge good") >= 3
