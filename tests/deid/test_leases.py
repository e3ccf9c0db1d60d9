"""One accepted rendition per job, whatever happens to messages and workers."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.utils import timezone

from deid import leases, rendering, services, tasks
from deid.leases import LeaseLost, claim
from deid.models import Job, Rendition
from tests.factories import JobFactory, UserFactory

pytestmark = pytest.mark.django_db


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def finished_file(folder: Path, name: str = "out.mp4") -> Path:
    path = folder / name
    path.write_bytes(name.encode())
    return path


def certificate() -> SimpleNamespace:
    runs = {"runs": [[0, 99, "covered"]], "run_times": [[0, 4]]}
    return SimpleNamespace(n_frames=100, encoding="x264", to_dict=lambda: runs)


def test_a_job_is_claimed_once():
    job = JobFactory()
    assert claim(job.pk) is not None
    assert claim(job.pk) is None


def test_a_silent_workers_job_can_be_claimed_again():
    job = JobFactory()
    claim(job.pk)
    expire(job)
    second = claim(job.pk)
    assert second is not None
    assert second.attempts == 2


def test_the_worker_that_lost_its_lease_finds_out_and_leaves_nothing(tmp_path: Path, media: Path):
    job = JobFactory()
    first = claim(job.pk)
    expire(job)
    second = claim(job.pk)
    with pytest.raises(LeaseLost):
        leases.extend(first)
    with pytest.raises(LeaseLost):
        rendering.accept_rendition(job=first, path=finished_file(tmp_path), certificate=certificate())
    rendition = rendering.accept_rendition(job=second, path=finished_file(tmp_path), certificate=certificate())
    assert list(Rendition.objects.filter(job=job)) == [rendition]
    stored = [path for path in media.rglob("*") if path.is_file() and path.read_bytes() == b"out.mp4"]
    assert len(stored) == 1


def test_a_cancelled_job_accepts_nothing(tmp_path: Path):
    job = JobFactory()
    ours = claim(job.pk)
    services.cancel_job(job=job, actor=UserFactory())
    with pytest.raises(LeaseLost):
        rendering.accept_rendition(job=ours, path=finished_file(tmp_path), certificate=certificate())
    assert not Rendition.objects.exists()


def test_the_sweeper_rings_for_waiting_and_silent_jobs_only(monkeypatch):
    rung = []
    monkeypatch.setattr(services, "ring", lambda task, **ids: rung.append(ids["job_id"]))
    waiting, silent, busy, done = JobFactory(), JobFactory(), JobFactory(), JobFactory(state=Job.State.DONE)
    claim(silent.pk)
    expire(silent)
    claim(busy.pk)
    assert services.sweep_jobs() == 2
    assert sorted(rung) == sorted([waiting.pk, silent.pk])
    assert done.pk not in rung


def test_a_job_that_kills_every_worker_ends_with_a_sentence(settings):
    job = JobFactory()
    claim(job.pk)
    expire(job)
    Job.objects.filter(pk=job.pk).update(attempts=settings.JOB_MAX_ATTEMPTS)
    services.sweep_jobs()
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert f"ended {settings.JOB_MAX_ATTEMPTS} times" in job.error


def test_an_unexpected_error_becomes_a_state_with_a_message(monkeypatch):
    def broken(**_):
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(rendering, "render_job", broken)
    job = JobFactory()
    tasks.render(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "ZeroDivisionError" in job.error
    assert "secret" not in job.error


def test_a_newer_rendition_replaces_the_one_that_nobody_reviewed(tmp_path: Path):
    first, second = JobFactory(), None
    made = rendering.accept_rendition(job=claim(first.pk), path=finished_file(tmp_path), certificate=certificate())
    second = JobFactory(recording=first.recording)
    rendering.accept_rendition(job=claim(second.pk), path=finished_file(tmp_path), certificate=certificate())
    made.refresh_from_db()
    assert made.state == Rendition.State.SUPERSEDED
