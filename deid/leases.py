"""Claiming, keeping and finishing a job: the part that lets messages be lost or doubled and workers be killed.

A job is claimed by one UPDATE that only one process can win. While it works, a thread pushes the lease into the future;
when the process dies the lease runs out and the sweeper rings again. A worker whose lease was taken over finds that out
at its next step and leaves without a trace.
"""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from deid.models import Job


class LeaseLost(Exception):
    """Another worker has the job, or it was cancelled: stop and leave nothing."""


def claimable() -> Q:
    """Jobs that wait, and jobs whose worker went silent."""
    return Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=timezone.now())


def claim(job_id: int) -> Job | None:
    """Take the job, or None when it is finished or in other hands."""
    lease, now = uuid.uuid4(), timezone.now()
    taken = Job.objects.filter(claimable(), pk=job_id).update(
        state=Job.State.RUNNING, lease=lease, lease_until=now + _term(), attempts=F("attempts") + 1,
        started_at=now, progress=0, stage="",
    )  # fmt: skip
    return Job.objects.select_related("recording", "created_by").get(pk=job_id) if taken else None


def _term() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


def extend(job: Job, **progress: object) -> None:
    """Push the lease on; LeaseLost when it is no longer ours."""
    ours = Job.objects.filter(pk=job.pk, lease=job.lease, state=Job.State.RUNNING)
    if not ours.update(lease_until=timezone.now() + _term(), **progress):
        raise LeaseLost(f"job {job.pk} was taken over or cancelled")


@contextmanager
def heartbeat(job: Job) -> Iterator[threading.Event]:
    """Extend the lease from a thread of its own; the event is set when the lease was lost."""
    lost, done = threading.Event(), threading.Event()

    def beat() -> None:
        try:
            while not done.wait(settings.JOB_LEASE_SECONDS / 4):
                extend(job)
        except LeaseLost:
            lost.set()
        finally:
            connection.close()  # this thread's own

    thread = threading.Thread(target=beat, daemon=True, name=f"lease-{job.pk}")
    thread.start()
    try:
        yield lost
    finally:
        done.set()
        thread.join()


@contextmanager
def finishing(job: Job) -> Iterator[Job]:
    """One transaction in which the job, locked and still ours, is brought to its end."""
    with transaction.atomic():
        ours = Job.objects.select_for_update(of=("self",)).filter(pk=job.pk, lease=job.lease, state=Job.State.RUNNING)
        locked = ours.first()
        if locked is None:
            raise LeaseLost(f"job {job.pk} was taken over or cancelled")
        yield locked
        locked.lease = locked.lease_until = None
        locked.finished_at = timezone.now()
        locked.full_clean()
        locked.save()
