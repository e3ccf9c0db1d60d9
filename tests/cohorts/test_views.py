"""Pages of cohorts and uploads."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Role
from cohorts import upload_checks
from cohorts.models import Cohort, Upload
from tests.factories import CohortFactory, ParticipantFactory, RecordingFactory
from tests.media_files import write_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(sign_in):
    return sign_in(Role.COORDINATOR)


def send(client, cohort: Cohort, content: bytes, **fields):
    video = SimpleUploadedFile("Jane Doe 1950.mp4", content)
    return client.post(f"/cohorts/{cohort.pk}/upload/", {"code": "PD-001", "task": "speech", "video": video, **fields})


def test_who_makes_a_cohort_cares_for_it(client):
    response = client.post("/cohorts/new/", {"name": "Site A"})
    cohort = Cohort.objects.get()
    assert response.url == f"/cohorts/{cohort.pk}/"
    assert list(cohort.coordinators.all()) == [client.user]


def test_a_name_is_given_once(client):
    CohortFactory(name="Site A")
    response = client.post("/cohorts/new/", {"name": "Site A"})
    assert response.status_code == 422
    assert b"already exists" in response.content


def test_an_upload_waits_in_quarantine_until_the_worker_has_looked(client, tmp_path: Path):
    cohort = CohortFactory(coordinators=[client.user])
    response = send(client, cohort, write_video(tmp_path / "a.mp4").read_bytes())
    upload = Upload.objects.get()
    assert response.url == f"/uploads/{upload.pk}/"
    assert upload.state == Upload.State.CHECKING
    assert not cohort.recordings.exists()
    polled = client.get(response.url, HTTP_HX_REQUEST="true")
    assert polled.status_code == 200
    upload_checks.check_upload(upload=upload)
    polled = client.get(response.url, HTTP_HX_REQUEST="true")
    assert polled.status_code == 286
    assert b"is a recording now" in polled.content


def test_the_name_of_an_uploaded_file_is_kept_nowhere(client, tmp_path: Path, media: Path):
    """File names hold patients' names."""
    cohort = CohortFactory(coordinators=[client.user])
    send(client, cohort, write_video(tmp_path / "a.mp4").read_bytes())
    assert "Jane" not in str(Upload.objects.values())
    assert not [path for path in media.rglob("*") if "Jane" in path.name]


def test_a_bad_code_is_refused_beside_the_field(client):
    cohort = CohortFactory(coordinators=[client.user])
    response = send(client, cohort, b"x", code="Jane Doe")
    assert response.status_code == 422
    assert "It was “Jane Doe”" in response.content.decode() or "it was “Jane Doe”" in response.content.decode()
    assert not Upload.objects.exists()


def test_a_plain_forms_file_lies_in_quarantine_from_its_first_byte(settings):
    """A server that is killed leaves it where the sweep looks, not in the system's temporary folder."""
    from cohorts.upload_handler import QuarantineUploadHandler

    handler = QuarantineUploadHandler()
    handler.new_file("video", "Jane Doe.mp4", "video/mp4", None)
    handler.receive_data_chunk(b"123", 0)
    handler.receive_data_chunk(b"456", 3)
    file = handler.file_complete(6)
    path = Path(file.temporary_file_path())
    assert path.parent == settings.UPLOAD_FOLDER
    assert "Jane" not in path.name
    assert file.read() == path.read_bytes() == b"123456"
    file.close()
    assert not path.exists()


def test_a_full_disk_is_told_and_leaves_nothing(client, settings):
    from tests.cohorts.test_tus import files_of_at_most

    cohort = CohortFactory(coordinators=[client.user])
    with files_of_at_most(50_000):
        response = send(client, cohort, bytes(200_000))
    assert response.status_code == 422
    assert "disk is full" in response.content.decode()
    assert not Upload.objects.exists()
    assert list(settings.UPLOAD_FOLDER.iterdir()) == []


def test_an_empty_file_is_refused(client):
    cohort = CohortFactory(coordinators=[client.user])
    assert send(client, cohort, b"").status_code == 422


def test_participants_and_recordings_are_counted_apart(client):
    cohort = CohortFactory(coordinators=[client.user])
    for n_recordings in (0, 1, 3):
        participant = ParticipantFactory(cohort=cohort)
        for _ in range(n_recordings):
            RecordingFactory(participant=participant)
    empty = CohortFactory(coordinators=[client.user])
    counts = {c.pk: (c.n_participants, c.n_recordings) for c in client.get("/cohorts/").context["cohorts"]}
    assert counts == {cohort.pk: (3, 4), empty.pk: (0, 0)}


@pytest.mark.parametrize("address", ["/cohorts/", "/cohorts/{pk}/"])
def test_lists_cost_the_same_for_one_and_for_three(client, address: str):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    cohort = CohortFactory(coordinators=[client.user])
    address = address.format(pk=cohort.pk)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    RecordingFactory(participant=ParticipantFactory(cohort=cohort))
    client.get(address)
    one = cost()
    for _ in range(2):
        RecordingFactory(participant=ParticipantFactory(cohort=cohort))
        CohortFactory(coordinators=[client.user])
    assert cost() == one
