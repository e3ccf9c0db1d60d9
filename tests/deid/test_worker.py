"""Real worker processes, killed and told twice: one accepted rendition per job, none stuck."""

import os
import signal
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from cohorts import services as cohorts
from cohorts import upload_services, withdrawal
from cohorts.models import Recording, Scope, StoredFile, Upload
from config.celery import app
from deid import services
from deid.models import Job, Rendition
from demo.processes import Stack
from tests.clips import CLIPS, write_clip
from tests.factories import CohortFactory, UserFactory, consent
from tests.media_files import write_video
from tests.product import doorbell, eventually, running_product

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]
FAST = {"JOB_LEASE_SECONDS": "2", "JOB_SWEEP_SECONDS": "1", "JOB_MAX_ATTEMPTS": "50"}


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    path = tmp_path / "clip.mp4"
    write_clip(CLIPS[0], path)
    upload = cohorts.import_recording(
        cohort=CohortFactory(), code="PD-001", task="facial_expression", path=path, actor=None
    )
    consent(upload.recording.participant, *Scope)
    return upload.recording


def request_jobs(recording: Recording, *methods: str) -> list[Job]:
    return [services.request_job(recording=recording, method=method, actor=None) for method in methods]


def states() -> list[str]:
    return list(Job.objects.order_by("id").values_list("state", flat=True))


def kill_worker(stack: Stack, *, whole: bool) -> int:
    """SIGKILL to the process that works, or to the worker with all its processes."""
    workers = stack.find("celery", "worker")
    leaders = [process for process in workers if process.children()]
    victims = workers if whole or not leaders else [child for leader in leaders for child in leader.children()]
    killed = 0
    for victim in victims:
        try:
            os.kill(victim.pid, signal.SIGKILL)
            killed += 1
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return killed


def test_a_job_is_rendered_by_a_worker(recording: Recording, tmp_path: Path):
    with running_product(tmp_path / "var", **FAST) as stack:
        (job,) = request_jobs(recording, "mask")
        eventually(lambda: states() == ["done"], stack=stack)
    rendition = Rendition.objects.get(job=job)
    assert rendition.n_frames == recording.n_frames
    assert rendition.state == Rendition.State.IN_REVIEW
    assert sum(last - first + 1 for first, last, _state in rendition.runs) == recording.n_frames


def test_a_bad_upload_is_refused_by_the_worker_which_lives_on(tmp_path: Path, recording: Recording):
    from django.core.files import File

    bad = tmp_path / "bad.mp4"
    bad.write_bytes(write_video(tmp_path / "good.mp4").read_bytes()[:700])
    with running_product(tmp_path / "var", **FAST) as stack, bad.open("rb") as content:
        upload = upload_services.receive_upload(
            cohort=recording.cohort, code="PD-002", task="speech", content=File(content), actor=None
        )
        eventually(lambda: Upload.objects.get(pk=upload.pk).state == Upload.State.REFUSED, stack=stack)
        request_jobs(recording, "mask")
        eventually(lambda: states() == ["done"], stack=stack)


def all_done() -> bool:
    return set(states()) == {"done"}


def attempts() -> int:
    return sum(Job.objects.values_list("attempts", flat=True))


@pytest.mark.timeout(600)
def test_twenty_kills_and_doubled_messages_leave_one_rendition_per_job(
    recording: Recording, tmp_path: Path, media: Path
):
    """SIGKILL in the middle of the work, 20 times, every message delivered three times."""
    n_kills, seen = 0, [0]
    with running_product(tmp_path / "var", **FAST) as stack:
        jobs = request_jobs(recording, "mask", "blur", "pixelate")
        bell = doorbell(stack.var)
        while n_kills < 20:
            for job in jobs * 3:
                bell(job.pk)
            # A claim that is newer than the last kill: the worker is in the middle of it.
            eventually(lambda: (attempts() > seen[-1] and "running" in states()) or all_done(), every=0.02)
            if all_done():  # a quick machine finished between two kills: more work
                extra = {"method": "blur", "decisions": [[0, n_kills, "keep_masked"]]}
                jobs.append(Job.objects.create(recording=recording, **extra))
                continue
            seen.append(attempts())
            n_kills += bool(kill_worker(stack, whole=n_kills % 2 == 0))
        eventually(all_done, seconds=120, stack=stack)
    assert attempts() - len(jobs) >= 15, "the kills did not hit the work"
    assert sorted(Rendition.objects.values_list("job_id", flat=True)) == sorted(job.pk for job in jobs)
    stored = {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}
    assert {recording.storage_name, *Rendition.objects.values_list("storage_name", flat=True)} <= stored


def test_lost_messages_are_rung_again(recording: Recording, tmp_path: Path):
    """Rows without any message: the sweeper finds them."""
    Job.objects.create(recording=recording, method="mask")
    assert app.conf.broker_url == settings.CELERY_BROKER_URL == "memory://"  # this process's rings reach no worker
    with running_product(tmp_path / "var", **FAST) as stack:
        eventually(lambda: states() == ["done"], stack=stack)


def test_a_cancelled_job_stops_within_seconds(recording: Recording, tmp_path: Path):
    with running_product(tmp_path / "var", **FAST) as stack:
        (job,) = request_jobs(recording, "pixelate")
        eventually(lambda: states() == ["running"], every=0.01, stack=stack)
        services.cancel_job(job=job, actor=None)
        eventually(lambda: not list((tmp_path / "var" / "work").glob("job-*")), seconds=10, stack=stack)
    assert states() == ["cancelled"]
    assert not Rendition.objects.exists()


@pytest.mark.parametrize("at_rest", ["plain", "encrypted"])
def test_a_worker_stops_when_the_participant_withdraws_and_leaves_nothing(
    request, tmp_path: Path, media: Path, settings, at_rest: str
):
    """In the middle of rendering: the lease is gone, the decrypted copy too, and no file is left in the storage."""
    if at_rest == "encrypted":
        request.getfixturevalue("encrypted")
    recording = request.getfixturevalue("recording")
    settings.JOB_LEASE_SECONDS = int(FAST["JOB_LEASE_SECONDS"])
    work = tmp_path / "var" / "work"
    with running_product(tmp_path / "var", **FAST) as stack:
        request_jobs(recording, "pixelate")
        eventually(lambda: states() == ["running"] and list(work.glob("job-*")), every=0.01, stack=stack)
        receipt = withdrawal.withdraw_participant(participant=recording.participant, code="PD-001", actor=UserFactory())
        eventually(lambda: not list(work.iterdir()), seconds=20, stack=stack)
        # The second pass is the scheduler's.
        eventually(lambda: type(receipt).objects.get(pk=receipt.pk).finished_at, seconds=30, stack=stack)
    assert states() == ["cancelled"]
    assert not Rendition.objects.exists()
    assert not StoredFile.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_a_worker_renders_from_an_encrypted_file_into_one(encrypted, request, tmp_path: Path, media: Path):
    recording = request.getfixturevalue("recording")
    with running_product(tmp_path / "var", **FAST) as stack:
        request_jobs(recording, "mask")
        eventually(lambda: states() == ["done"], stack=stack)
    files = [path for path in media.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert all(path.read_bytes().startswith(b"SMBLGCM1") for path in files)
    assert not list((tmp_path / "var" / "work").iterdir())
