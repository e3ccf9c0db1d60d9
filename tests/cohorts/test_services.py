"""Recordings come in checked, or not at all."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction

from audit.models import Event
from cohorts import upload_checks, upload_services
from cohorts.models import Participant, Recording, Task, Upload
from tests.factories import CohortFactory, UserFactory
from tests.media_files import write_sound, write_video

pytestmark = pytest.mark.django_db


def receive(path: Path, **given) -> Upload:
    fields = {"cohort": given.pop("cohort", None) or CohortFactory(), "code": "PD-001", "task": Task.SPEECH}
    with path.open("rb") as content:
        return upload_services.receive_upload(**{**fields, **given}, content=File(content), actor=UserFactory())


def stored_files(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_good_file_becomes_a_recording_with_its_facts(tmp_path: Path, media: Path):
    upload = upload_checks.check_upload(upload=receive(write_video(tmp_path / "a.mp4", n_frames=25, fps=25)))
    recording = upload.recording
    assert upload.state == Upload.State.ACCEPTED
    assert (recording.width, recording.height, recording.n_frames) == (96, 64, 25)
    assert recording.duration == pytest.approx(1.0, abs=0.05)
    assert recording.frame_rate == pytest.approx(25, abs=0.1)
    assert recording.participant.code == "PD-001"
    assert not recording.has_audio
    assert len(stored_files(media)) == 1
    assert Event.objects.filter(verb="recording.accepted", target_id=str(recording.pk)).exists()


def bad_files(folder: Path) -> dict[str, Path]:
    """One file of each kind that must be refused."""
    whole = write_video(folder / "whole.mp4", n_frames=60).read_bytes()
    secret = folder / "secret.txt"
    secret.write_text("a local secret")
    contents = {
        "truncated.mp4": whole[: len(whole) // 3],
        "renamed.mp4": b"Dear doctor, please find the video attached.\n" * 40,
        "playlist.mp4": f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode(),
        "concat.mp4": f"ffconcat version 1.0\nfile '{folder / 'whole.mp4'}'\n".encode(),
    }
    files = {}
    for name, content in contents.items():
        files[name] = folder / name
        files[name].write_bytes(content)
    files["sound.mp4"] = write_sound(folder / "sound.mp4")
    return files


@pytest.mark.parametrize("name", ["truncated.mp4", "renamed.mp4", "playlist.mp4", "concat.mp4", "sound.mp4"])
def test_a_bad_file_is_refused_with_a_sentence_and_nothing_of_it_stays(tmp_path: Path, media: Path, name: str):
    upload = upload_checks.check_upload(upload=receive(bad_files(tmp_path)[name]))
    assert upload.state == Upload.State.REFUSED
    assert len(upload.message.split()) >= 6
    assert upload.message.rstrip().endswith((".", "!"))
    assert stored_files(media) == []
    assert not Recording.objects.exists()
    assert not Participant.objects.exists()


def test_an_empty_file_is_not_even_received(tmp_path: Path, settings):
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(ValidationError, match=r"empty \(0 bytes\)"):
        receive(tmp_path / "empty.mp4")
    assert not settings.UPLOAD_FOLDER.exists()


def test_the_same_file_twice_is_refused_and_names_its_twin(tmp_path: Path, media: Path):
    cohort, path = CohortFactory(), write_video(tmp_path / "a.mp4")
    first = upload_checks.check_upload(upload=receive(path, cohort=cohort))
    second = upload_checks.check_upload(upload=receive(path, cohort=cohort, code="PD-002"))
    assert second.state == Upload.State.REFUSED
    assert f"as recording {first.recording_id} of participant PD-001" in second.message
    assert len(stored_files(media)) == 1
    assert not Participant.objects.filter(code="PD-002").exists()


def test_the_same_file_may_belong_to_two_cohorts(tmp_path: Path):
    path = write_video(tmp_path / "a.mp4")
    uploads = [upload_checks.check_upload(upload=receive(path)) for _ in range(2)]
    assert [upload.state for upload in uploads] == [Upload.State.ACCEPTED] * 2


def test_a_message_delivered_twice_makes_one_recording(tmp_path: Path):
    upload = receive(write_video(tmp_path / "a.mp4"))
    upload_checks.check_upload(upload=upload)
    upload_checks.check_upload(upload=upload)
    assert Recording.objects.count() == 1


def test_an_upload_that_is_too_large_is_refused_before_it_is_stored(tmp_path: Path, media: Path, settings):
    settings.UPLOAD_MAX_BYTES = 100
    with pytest.raises(ValidationError, match="at most 0 MB"):
        receive(write_video(tmp_path / "a.mp4"))
    assert stored_files(media) == []


def test_a_recording_of_absurd_length_is_refused(tmp_path: Path, settings):
    settings.RECORDING_MAX_SECONDS = 1
    upload = upload_checks.check_upload(upload=receive(write_video(tmp_path / "a.mp4", n_frames=60, fps=25)))
    assert upload.state == Upload.State.REFUSED
    assert upload.message.startswith("The file lasts 2 s; at most 1 s")


@pytest.mark.parametrize("code", ["pd-001", "JANE DOE", "jane@clinic.org", "1950-01-31", "PD-1234567", "PD001x", ""])
def test_codes_that_could_tell_a_person_are_refused(tmp_path: Path, code: str):
    with pytest.raises(ValidationError):
        receive(write_video(tmp_path / "a.mp4"), code=code)


def test_the_database_refuses_a_bad_code_too():
    cohort = CohortFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Participant.objects.bulk_create([Participant(cohort=cohort, code="Jane Doe")])
    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.bulk_create([Upload(cohort=cohort, code="PD-1", task="dancing")])


def test_an_upload_whose_message_was_lost_is_rung_for_again(tmp_path: Path, settings, monkeypatch):
    settings.JOB_LEASE_SECONDS = 0
    rung = []
    monkeypatch.setattr(upload_checks, "ring", lambda task, **ids: rung.append((task, ids)))
    upload = receive(write_video(tmp_path / "a.mp4"))
    assert upload_checks.ring_waiting_uploads() == 1
    assert ("cohorts.tasks.check_upload", {"upload_id": upload.pk}) in rung
