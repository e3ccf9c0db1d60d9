"""Pages of recordings, jobs and review: what they show, refuse and record."""

import pytest

from accounts.models import Role
from audit.models import Event
from deid.models import Decision, Job, Rendition
from tests.factories import CohortFactory, JobFactory, ParticipantFactory, RecordingFactory, RenditionFactory
from tests.links import watch

pytestmark = pytest.mark.django_db
HALF = [[0, 49, "covered"], [50, 99, "withheld"]]


@pytest.fixture
def client(sign_in):
    return sign_in(Role.COORDINATOR)


@pytest.fixture
def recording(client):
    cohort = CohortFactory(coordinators=[client.user])
    return RecordingFactory(participant=ParticipantFactory(cohort=cohort))


@pytest.fixture
def half(recording) -> Rendition:
    return RenditionFactory(recording=recording, method="blur", state=Rendition.State.IN_REVIEW, runs=HALF)


def test_a_recordings_page_shows_no_face_until_asked(client, recording):
    assert b"<video" not in client.get(f"/recordings/{recording.pk}/").content
    assert b"<video" in client.get(f"/recordings/{recording.pk}/?watch").content
    assert not Event.objects.filter(verb="original.viewed").exists()


@pytest.mark.parametrize("header", [None, "bytes=0-99", "bytes=500-"])
def test_every_look_at_an_original_is_recorded(client, recording, header):
    headers = {"HTTP_RANGE": header} if header else {}
    b"".join(watch(client, f"/recordings/{recording.pk}/video", **headers).streaming_content)
    event = Event.objects.get(verb="original.viewed")
    assert (event.actor, event.target_id) == (client.user, str(recording.pk))


def test_media_tell_nothing_and_stay_in_no_cache(client, recording):
    response = watch(client, f"/recordings/{recording.pk}/video")
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Type"] == "video/mp4"
    for header in ("Last-Modified", "ETag", "Content-Disposition"):
        assert header not in response


def test_a_job_is_asked_for_by_the_page(client, recording):
    response = client.post(f"/recordings/{recording.pk}/jobs/", {"method": "pixelate"})
    job = Job.objects.get()
    assert response.url == f"/jobs/{job.pk}/"
    assert (job.method, job.created_by, job.state) == ("pixelate", client.user, "queued")


@pytest.mark.parametrize("method", ["", "vanish", "original", "x" * 500])
def test_a_method_that_is_not_offered_is_refused_on_the_page(client, recording, method):
    response = client.post(f"/recordings/{recording.pk}/jobs/", {"method": method})
    assert response.status_code == 422
    assert b"error-summary" in response.content
    assert not Job.objects.exists()


@pytest.mark.parametrize(("state", "status"), [("queued", 200), ("done", 286), ("cancelled", 286)])
def test_polling_ends_when_the_job_is_over(client, recording, state, status):
    job = JobFactory(recording=recording, state=state)
    assert client.get(f"/jobs/{job.pk}/", HTTP_HX_REQUEST="true").status_code == status


def test_a_failed_job_shows_its_sentence(client, recording):
    job = JobFactory(recording=recording, state="failed", error="The disk is full: free some space.")
    for address in (f"/jobs/{job.pk}/", "/jobs/", f"/recordings/{recording.pk}/"):
        assert b"The disk is full: free some space." in client.get(address).content


def test_the_review_page_shows_the_state_of_every_frame(client, half):
    page = client.get(f"/renditions/{half.pk}/").content.decode()
    assert '<rect class="covered" x="0.0" y="0" width="50.0"' in page
    assert '<rect class="withheld" x="50.0" y="0" width="50.0"' in page
    assert "50 frames wait for a decision" in page


def test_release_is_refused_while_frames_wait(client, half):
    response = client.post(f"/renditions/{half.pk}/release/", {"note": ""})
    assert response.status_code == 422
    assert b"50 frames still wait for a decision" in response.content
    half.refresh_from_db()
    assert half.state == Rendition.State.IN_REVIEW


def test_withheld_frames_are_kept_and_the_rendition_released(client, half):
    client.post(f"/renditions/{half.pk}/keep-masked/")
    client.post(f"/renditions/{half.pk}/release/", {"note": "fine"})
    half.refresh_from_db()
    assert (half.state, half.reviewed_by) == (Rendition.State.RELEASED, client.user)


def test_frames_without_a_face_are_rendered_anew(client, half):
    client.post(f"/renditions/{half.pk}/decide/", {"first": 50, "verdict": "no_face"})
    assert Decision.objects.get().verdict == "no_face"
    response = client.post(f"/renditions/{half.pk}/render-again/")
    job = Job.objects.exclude(pk=half.job_id).get()
    assert response.url == f"/jobs/{job.pk}/"
    assert job.decisions == [[50, 99, "no_face"]]


@pytest.mark.parametrize("sent", [{"first": 50, "verdict": "maybe"}, {"first": -1, "verdict": "no_face"}, {}])
def test_a_decision_that_makes_no_sense_is_refused(client, half, sent):
    assert client.post(f"/renditions/{half.pk}/decide/", sent).status_code == 422
    assert not Decision.objects.exists()


def test_rejecting_without_a_reason_is_refused_beside_the_field(client, half):
    response = client.post(f"/renditions/{half.pk}/reject/", {"note": ""})
    assert response.status_code == 422
    assert b"Say why it is rejected" in response.content


def test_a_re_encoded_original_cannot_be_reviewed_or_watched_here(client, recording):
    from tests.factories import OriginalFactory

    original = OriginalFactory(recording=recording)
    for address in (f"/renditions/{original.pk}/", f"/renditions/{original.pk}/video"):
        assert client.get(address).status_code == 404
