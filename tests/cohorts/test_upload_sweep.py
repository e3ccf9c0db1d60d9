"""Nothing is left behind: not a file without a row, nor a row without a file, nor what nobody finishes."""

import os
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Role
from audit.models import Event
from cohorts import quarantine, upload_checks
from cohorts.models import Upload
from tests.cohorts.uploading import Sender
from tests.factories import CohortFactory
from tests.media_files import write_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender(sign_in) -> Sender:
    client = sign_in(Role.COORDINATOR)
    made = Sender(client, CohortFactory(coordinators=[client.user]))
    made.begin(10)
    made.patch(0, b"123")
    return made


def sweep() -> str:
    out = StringIO()
    call_command("sweep_uploads", stdout=out)
    return out.getvalue()


def age(path: Path) -> None:
    os.utime(path, (time.time() - 7200, time.time() - 7200))


def test_an_unfinished_upload_expires_after_its_days(sender: Sender, settings):
    assert sweep().startswith("0 expired, 0 files")
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert sweep().startswith("1 expired")
    assert list(settings.UPLOAD_FOLDER.iterdir()) == []
    assert sender.upload.state == Upload.State.EXPIRED
    assert "within 7 days" in sender.upload.message
    assert Event.objects.filter(verb="upload.expired").count() == 1
    answer = sender.patch(3, b"4")
    assert answer.status_code == 410
    assert "within 7 days" in answer.content.decode()


def test_an_upload_that_is_being_written_does_not_expire(sender: Sender):
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with quarantine.locked(sender.upload.quarantine_name):
        assert sweep().startswith("0 expired")
    assert sender.upload.state == Upload.State.RECEIVING


def test_a_file_without_a_row_goes_when_it_is_old_and_not_in_use(sender: Sender, settings):
    orphan, fresh, used = (settings.UPLOAD_FOLDER / name for name in ("orphan", "fresh", "used"))
    for path in (orphan, fresh, used):
        path.write_bytes(b"x")
    age(orphan)
    age(used)
    age(settings.UPLOAD_FOLDER / sender.upload.quarantine_name)
    with quarantine.locked("used"):
        assert "1 files without a row removed" in sweep()
    assert not orphan.exists()
    assert fresh.exists()
    assert used.exists()
    assert sender.offset == 3


def test_a_row_without_a_file_is_ended_with_words(sender: Sender):
    quarantine.remove(sender.upload.quarantine_name)
    assert "1 rows without a file ended" in sweep()
    assert sender.upload.state == Upload.State.EXPIRED
    assert "no longer on the server" in sender.upload.message


def test_a_received_file_that_is_gone_is_refused_with_words(sender: Sender):
    sender.patch(3, b"4567890")
    quarantine.remove(sender.upload.quarantine_name)
    upload = upload_checks.check_upload(upload=sender.upload)
    assert upload.state == Upload.State.REFUSED
    assert "no longer on the server" in upload.message


def test_a_complete_file_whose_server_was_killed_goes_to_the_worker(sender: Sender):
    quarantine.path_of(sender.upload.quarantine_name).write_bytes(b"1234567890")
    assert "1 complete ones handed to a worker" in sweep()
    assert sender.upload.state == Upload.State.CHECKING


def test_a_copy_of_a_worker_that_died_is_no_orphan(sign_in, tmp_path: Path, media: Path):
    """The row knows the copy's name before the copy is made; the next worker removes it and makes its own."""
    client = sign_in(Role.COORDINATOR)
    content = write_video(tmp_path / "a.mp4").read_bytes()
    sender = Sender(client, CohortFactory(coordinators=[client.user]))
    sender.begin(len(content))
    sender.patch(0, content)
    half = media / "ab" / "half"
    half.parent.mkdir(parents=True)
    half.write_bytes(content[:100])
    Upload.objects.update(storage_name="ab/half", attempts=1)
    assert upload_checks.check_upload(upload=sender.upload).state == Upload.State.ACCEPTED
    assert len([path for path in media.rglob("*") if path.is_file()]) == 1
    assert not half.exists()


def test_the_trace_of_a_worker_that_died_after_its_verdict_is_swept(sender: Sender, settings):
    name = sender.upload.quarantine_name
    Upload.objects.update(state=Upload.State.REFUSED, message="no", expires_at=None)
    age(settings.UPLOAD_FOLDER / name)
    assert "1 files without a row removed" in sweep()


def test_a_disk_that_is_full_for_the_worker_leaves_the_upload_waiting(sign_in, tmp_path: Path, settings):
    """Not the file's fault: it is kept, the page says why, and the next attempt takes it."""
    from tests.cohorts.test_tus import files_of_at_most

    client = sign_in(Role.COORDINATOR)
    content = write_video(tmp_path / "a.mp4").read_bytes()
    sender = Sender(client, CohortFactory(coordinators=[client.user]))
    sender.begin(len(content))
    sender.patch(0, content)
    with pytest.raises(OSError, match="too large"), files_of_at_most(1000):
        upload_checks.check_upload(upload=sender.upload)
    assert sender.upload.state == Upload.State.CHECKING
    assert "will try again" in client.get(f"/uploads/{sender.upload.pk}/").content.decode()
    assert upload_checks.check_upload(upload=sender.upload).state == Upload.State.ACCEPTED
