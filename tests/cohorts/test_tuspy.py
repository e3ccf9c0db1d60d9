"""tuspy, the protocol's own Python client, as the judge of whether we speak it."""

import hashlib
import io
from pathlib import Path

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.storage.filestorage import FileStorage

from accounts.models import Role
from cohorts import upload_checks
from cohorts.models import Recording, Upload
from tests.factories import CohortFactory
from tests.media_files import pad_video, write_video

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "a" * 32
FACTS = {"participant": "PD-001", "task": "speech", "filename": "Jane Doe.mp4"}


@pytest.fixture
def tus(live_server, sign_in) -> TusClient:
    client = sign_in(Role.COORDINATOR)
    cohort = CohortFactory(coordinators=[client.user])
    cookie = f"sessionid={client.cookies['sessionid'].value}; csrftoken={TOKEN}"
    return TusClient(f"{live_server.url}/cohorts/{cohort.pk}/files/", {"Cookie": cookie, "X-CSRFToken": TOKEN})


def test_a_file_in_pieces_with_checksums(tus: TusClient, tmp_path: Path):
    path = pad_video(write_video(tmp_path / "a.mp4"), n_bytes=1_000_000)
    uploader = tus.uploader(str(path), chunk_size=150_000, metadata=FACTS, upload_checksum=True)
    uploader.upload()
    assert uploader.offset == 1_000_000
    upload = upload_checks.check_upload(upload=Upload.objects.get())
    assert upload.state == Upload.State.ACCEPTED
    assert Recording.objects.get().sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert "Jane" not in str(Upload.objects.values())


def test_a_second_client_goes_on_where_the_first_was_stopped(tus: TusClient, tmp_path: Path):
    path = pad_video(write_video(tmp_path / "a.mp4"), n_bytes=1_000_000)
    store = FileStorage(str(tmp_path / "addresses"))
    kept = {"chunk_size": 100_000, "metadata": FACTS, "store_url": True, "url_storage": store}
    tus.uploader(str(path), **kept).upload(stop_at=300_000)
    again = tus.uploader(str(path), **kept)
    assert again.offset == 300_000  # asked of the server by HEAD
    again.upload()
    store.close()
    assert Upload.objects.get().state == Upload.State.CHECKING
    assert upload_checks.check_upload(upload=Upload.objects.get()).state == Upload.State.ACCEPTED


def test_what_is_refused_reaches_the_client_as_a_status(tus: TusClient):
    with pytest.raises(TusCommunicationError) as caught:
        tus.uploader(file_stream=io.BytesIO(b"12345"), metadata={**FACTS, "participant": "Jane Doe"}).upload()
    assert caught.value.status_code == 400
    uploader = tus.uploader(file_stream=io.BytesIO(b"12345"), metadata=FACTS, chunk_size=2, retries=0)
    uploader.upload_chunk()
    uploader.offset = 0  # a client that lost count
    with pytest.raises((TusUploadFailed, TusCommunicationError)) as caught:
        uploader.upload_chunk()
    assert caught.value.status_code == 409
    assert Upload.objects.get().state == Upload.State.RECEIVING
