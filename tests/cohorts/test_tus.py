"""The protocol, status by status (tus.io, version 1.0.0), and that nothing of it can break a file."""

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from audit.models import Event
from cohorts import quarantine, upload_checks
from cohorts.models import Recording, Upload
from tests.cohorts.uploading import Sender, checksum
from tests.factories import PASSWORD, CohortFactory, UserFactory
from tests.media_files import write_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender(sign_in) -> Sender:
    client = sign_in(Role.COORDINATOR)
    return Sender(client, CohortFactory(coordinators=[client.user]))


def files(settings) -> list[Path]:
    return list(settings.UPLOAD_FOLDER.iterdir()) if settings.UPLOAD_FOLDER.exists() else []


def test_options_tell_what_the_server_can_do(sender: Sender, settings):
    for address in (f"/cohorts/{sender.cohort.pk}/files/",):
        answer = sender.client.options(address)  # the one request that needs no version
        assert answer.status_code == 204
        assert answer["Tus-Version"] == answer["Tus-Resumable"] == "1.0.0"
        assert answer["Tus-Extension"] == "creation,termination,checksum,expiration"
        assert answer["Tus-Checksum-Algorithm"] == "sha1,sha256"
        assert answer["Tus-Max-Size"] == str(settings.UPLOAD_MAX_BYTES) == str(4 * 2**30)


def test_a_file_in_three_pieces_becomes_a_recording(sender: Sender, tmp_path: Path, settings):
    content = write_video(tmp_path / "a.mp4").read_bytes()
    begun = sender.begin(len(content), fingerprint="ab" * 32)
    assert begun.status_code == 201
    assert begun["Tus-Resumable"] == "1.0.0"
    assert "GMT" in begun["Upload-Expires"]
    for first, last in ((0, 100), (100, 5000), (5000, len(content))):
        answer = sender.patch(first, content[first:last], Upload_Checksum=checksum(content[first:last]))
        assert answer.status_code == 204
        assert answer["Upload-Offset"] == str(last)
    assert sender.upload.state == Upload.State.CHECKING
    assert sender.offset == len(content)
    upload = upload_checks.check_upload(upload=sender.upload)
    assert upload.state == Upload.State.ACCEPTED
    assert Recording.objects.get().n_bytes == len(content)
    assert files(settings) == []
    assert list(Event.objects.order_by("id").values_list("verb", flat=True))[-3:] == [
        "upload.begun", "upload.received", "recording.accepted",
    ]  # fmt: skip


def test_head_tells_offset_length_and_what_was_said(sender: Sender):
    sender.begin(10, filename="Jane Doe 1950.mp4")
    sender.patch(0, b"1234")
    answer = sender.head()
    assert answer.status_code == 200
    assert (answer["Upload-Offset"], answer["Upload-Length"]) == ("4", "10")
    assert answer["Cache-Control"] == "no-store"
    assert "participant UEQtMDAx" in answer["Upload-Metadata"]
    assert "filename" not in answer["Upload-Metadata"]
    assert "Jane" not in str(Upload.objects.values())


def test_the_file_is_private_and_its_name_random(sender: Sender, settings):
    sender.begin(10)
    (path,) = files(settings)
    assert path.stat().st_mode & 0o777 == 0o600
    assert settings.UPLOAD_FOLDER.stat().st_mode & 0o777 == 0o700
    assert len(path.name) == 40
    assert path.name not in sender.url


@pytest.mark.parametrize("version", ["0.2.2", "2.0.0", ""])
def test_another_version_is_412(sender: Sender, version: str):
    sender.begin(10)
    answer = sender.patch(0, b"12345", version=version)
    assert answer.status_code == 412
    assert answer["Tus-Version"] == "1.0.0"
    assert sender.offset == 0


@pytest.mark.parametrize("offset", [0, 2, 4, 9])
def test_a_wrong_offset_is_409_and_writes_nothing(sender: Sender, settings, offset: int):
    sender.begin(10)
    sender.patch(0, b"123")
    answer = sender.patch(offset, b"x")
    assert answer.status_code == 409
    assert answer["Upload-Offset"] == "3"
    assert files(settings)[0].read_bytes() == b"123"


def test_more_than_was_announced_is_413(sender: Sender, settings):
    sender.begin(10)
    assert sender.patch(0, b"x" * 11).status_code == 413
    assert files(settings)[0].read_bytes() == b""


def test_another_content_type_is_415(sender: Sender):
    sender.begin(10)
    assert sender.patch(0, b"x", type="application/octet-stream").status_code == 415


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_damaged_piece_is_460_and_taken_away_again(sender: Sender, settings, algorithm: str):
    sender.begin(10)
    sender.patch(0, b"123")
    assert sender.patch(3, b"4567", Upload_Checksum=checksum(b"4568", algorithm)).status_code == 460
    assert files(settings)[0].read_bytes() == b"123"
    assert sender.patch(3, b"4567", Upload_Checksum=checksum(b"4567", algorithm)).status_code == 204


@pytest.mark.parametrize("value", ["md5 AAAA", "sha1 not-base64!", "sha1", ""])
def test_a_checksum_that_is_none_is_400_or_absent(sender: Sender, value: str):
    sender.begin(10)
    expected = 204 if value == "" else 460 if value == "sha1" else 400  # an empty digest is a wrong one
    assert sender.patch(0, b"123", Upload_Checksum=value).status_code == expected


def test_two_writers_cannot_interleave(sender: Sender, settings):
    """While one connection sends, slowly, another one is told so; afterwards the file is the first one's alone."""
    sender.begin(8)
    upload = sender.upload
    with quarantine.locked(upload.quarantine_name) as descriptor:
        answer = sender.patch(0, b"second!!")
        assert answer.status_code == 423
        assert b"Another tab" in answer.content
        assert sender.delete().status_code == 423
        quarantine.append(descriptor, offset=0, n_bytes=5, read=lambda n: b"first"[:n])
    assert sender.patch(0, b"second!!").status_code == 409
    assert files(settings)[0].read_bytes() == b"first"


@pytest.mark.django_db(transaction=True)
def test_twenty_threads_send_the_same_pieces_and_one_file_comes_out(sender: Sender, settings):
    content = bytes(range(256)) * 40
    sender.begin(len(content))
    statuses = []

    def send() -> None:
        client = Client()
        client.cookies = sender.client.cookies
        own = Sender(client, sender.cohort)
        own.url = sender.url
        while (offset := own.offset) < len(content):
            statuses.append(own.patch(offset, content[offset : offset + 512]).status_code)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert files(settings)[0].read_bytes() == content
    assert statuses.count(204) == len(content) // 512 == 20
    assert set(statuses) <= {204, 409, 423}
    assert Event.objects.filter(verb="upload.received").count() == 1


def test_a_cut_connection_keeps_what_came(sender: Sender, settings):
    sender.begin(10)
    pieces = iter([b"123", b"45"])

    def read(_n: int) -> bytes:
        try:
            return next(pieces)
        except StopIteration:
            raise OSError("connection reset") from None

    with quarantine.locked(sender.upload.quarantine_name) as descriptor:
        assert quarantine.append(descriptor, offset=0, n_bytes=10, read=read) == 5
    assert sender.offset == 5
    assert sender.patch(5, b"67890").status_code == 204


@contextmanager
def files_of_at_most(n_bytes: int) -> Iterator[None]:
    """The system refuses every byte beyond, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_507_in_words_and_the_upload_goes_on_afterwards(sender: Sender, tmp_path: Path):
    content = write_video(tmp_path / "a.mp4").read_bytes() + bytes(3_000_000)  # zeros behind an MP4 are no box
    content = content[:-3_000_000] + (3_000_000).to_bytes(4, "big") + b"free" + bytes(3_000_000 - 8)
    sender.begin(len(content))
    with files_of_at_most(1_000_000):
        answer = sender.patch(0, content, Upload_Checksum=checksum(content))
    assert answer.status_code == 507
    assert "disk is full" in answer.content.decode()
    assert sender.offset == 1_000_000
    assert sender.upload.state == Upload.State.RECEIVING
    assert sender.patch(1_000_000, content[1_000_000:]).status_code == 204
    assert upload_checks.check_upload(upload=sender.upload).state == Upload.State.ACCEPTED


def test_a_file_that_has_no_room_is_refused_before_it_begins(sender: Sender, settings, monkeypatch):
    monkeypatch.setattr(quarantine, "free_bytes", lambda: 5_000_000)  # what the disk says, nothing of ours
    answer = sender.begin(9_000_000)
    assert answer.status_code == 507
    assert "room for 4 MB, the file has 8 MB" in answer.content.decode()
    assert files(settings) == []


@pytest.mark.parametrize(
    ("n_bytes", "facts", "status", "says"),
    [(0, {}, 400, "empty (0 bytes)"), (4 * 2**30 + 1, {}, 413, "at most 4096 MB"),
     (10, {"participant": "Jane Doe"}, 400, "capital letters"), (10, {"task": "dancing"}, 400, "not a valid choice"),
     (10, {"fingerprint": "xyz"}, 400, "64 digits"), (10, {"sha256": "xyz"}, 400, "64 digits")],
)  # fmt: skip
def test_a_beginning_that_cannot_end_well_is_refused(sender: Sender, settings, n_bytes, facts, status, says):
    answer = sender.begin(n_bytes, **facts)
    assert answer.status_code == status
    assert says in answer.content.decode()
    assert answer["Content-Type"].startswith("text/plain")
    assert not Upload.objects.exists()
    assert files(settings) == []


@pytest.mark.parametrize("given", ["", "-1", "1.5", "1e3", "٣", "9" * 30])
def test_a_length_that_is_no_number_is_400(sender: Sender, given: str):
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": given}
    answer = sender.client.post(f"/cohorts/{sender.cohort.pk}/files/", headers=headers)
    assert answer.status_code == 400
    assert "whole number" in answer.content.decode()


def test_delete_ends_an_upload_and_removes_its_bytes(sender: Sender, settings):
    sender.begin(10)
    sender.patch(0, b"123")
    assert sender.delete().status_code == 204
    assert files(settings) == []
    assert sender.upload.state == Upload.State.CANCELLED
    assert sender.head().status_code == sender.patch(3, b"4").status_code == sender.delete().status_code == 410
    assert Event.objects.filter(verb="upload.cancelled", actor=sender.client.user).count() == 1


def test_the_answer_to_the_last_piece_may_be_lost(sender: Sender):
    sender.begin(5)
    sender.patch(0, b"12345")
    assert sender.patch(5, b"").status_code == 204
    assert sender.patch(0, b"12345").status_code == 409
    assert Event.objects.filter(verb="upload.received").count() == 1


def test_a_server_that_died_after_the_last_byte_finishes_when_asked_again(sender: Sender, settings):
    sender.begin(5)
    files(settings)[0].write_bytes(b"12345")  # written, and killed before the row was
    assert sender.offset == 5
    assert sender.patch(5, b"").status_code == 204
    assert sender.upload.state == Upload.State.CHECKING


def test_a_file_that_arrived_other_than_it_was_sent_is_refused(sender: Sender, tmp_path: Path, settings):
    content = write_video(tmp_path / "a.mp4").read_bytes()
    sender.begin(len(content))
    sender.patch(0, content, Upload_Sha256="0" * 64)
    upload = upload_checks.check_upload(upload=sender.upload)
    assert upload.state == Upload.State.REFUSED
    assert "arrived other than it was sent" in upload.message
    assert files(settings) == []


def test_a_hash_told_with_the_last_piece_is_compared(sender: Sender, tmp_path: Path):
    import hashlib

    content = write_video(tmp_path / "a.mp4").read_bytes()
    sender.begin(len(content))
    assert sender.patch(0, content[:50], Upload_Sha256="nonsense").status_code == 400
    sender.patch(0, content, Upload_Sha256=hashlib.sha256(content).hexdigest())
    assert upload_checks.check_upload(upload=sender.upload).state == Upload.State.ACCEPTED
    page = sender.client.get(f"/uploads/{sender.upload.pk}/").content.decode()
    assert hashlib.sha256(content).hexdigest() in page
    assert "the same as on your computer" in page


def test_without_the_csrf_header_nothing_is_begun_or_written(sender: Sender):
    sender.begin(10)
    strict = Client(enforce_csrf_checks=True)
    assert strict.login(username=sender.client.user.username, password=PASSWORD)
    own = Sender(strict, sender.cohort)
    own.url = sender.url
    assert own.begin(10).status_code == 403
    assert own.patch(0, b"x").status_code == own.delete().status_code == 403
    assert sender.offset == 0


def test_a_post_may_stand_for_another_method_but_a_get_may_not(sender: Sender):
    sender.begin(10)
    headers = {"Tus-Resumable": "1.0.0", "X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}
    kind = "application/offset+octet-stream"
    assert sender.client.post(sender.url, b"123", content_type=kind, headers=headers).status_code == 204
    assert sender.client.get(sender.url, headers={**headers, "X-HTTP-Method-Override": "DELETE"}).status_code == 405
    assert sender.offset == 3


def test_a_coordinator_of_another_cohort_finds_nothing(sender: Sender, sign_in):
    sender.begin(10)
    stranger = Sender(sign_in(Role.COORDINATOR), sender.cohort)
    stranger.url = sender.url
    assert stranger.begin(10).status_code == 404
    assert stranger.head().status_code == stranger.patch(0, b"x").status_code == stranger.delete().status_code == 404


def test_the_page_offers_what_the_user_began_and_nobody_elses(sender: Sender, sign_in):
    sender.begin(10, fingerprint="ab" * 32)
    sender.patch(0, b"1234")
    other = UserFactory(role=Role.COORDINATOR)
    sender.cohort.coordinators.add(other)
    mine = sender.client.get(f"/cohorts/{sender.cohort.pk}/uploads/").content.decode()
    theirs = sign_in(other).get(f"/cohorts/{sender.cohort.pk}/uploads/").content.decode()
    assert f'data-fingerprint="{"ab" * 32}"' in mine
    assert "40 %" in mine
    assert "ab" * 32 not in theirs


def test_the_page_costs_the_same_for_one_and_for_three(sender: Sender, django_assert_num_queries):
    from django.test.utils import CaptureQueriesContext

    address = f"/cohorts/{sender.cohort.pk}/uploads/"
    sender.begin(10)
    sender.client.get(address)
    with CaptureQueriesContext(connection) as one:
        sender.client.get(address)
        cost = len(one)
    for _ in range(2):
        sender.begin(10)
    with django_assert_num_queries(cost):
        sender.client.get(address)


def test_every_piece_pushes_the_expiry_on(sender: Sender):
    sender.begin(10)
    Upload.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    sender.patch(0, b"1")
    assert sender.upload.expires_at > timezone.now() + timedelta(days=6)


@pytest.mark.parametrize(
    "wrong",
    [{"n_bytes": None}, {"expires_at": None}, {"quarantine_name": ""}, {"n_bytes": 0}, {"fingerprint": "x"},
     {"state": "lost"}],
)  # fmt: skip
def test_the_database_refuses_an_upload_that_could_not_go_on(sender: Sender, wrong: dict):
    sender.begin(10)
    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.update(**wrong)
