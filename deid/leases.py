"""Claiming, keeping and finishing a job: messages may be lost or doubled, and workers killed.

A job is claimed by one UPDATE that only one process can win. While it works, a thread pushes the lease into the future;
when the process dies the lease runs out and the sweeper rings again. A worker whose lease was taken over finds that out
at its next step and leaves without a trace. All rows that are `Leased` go this way.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from deid.models import Job, Leased

Row = TypeVar("Row", bound=Leased)
logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another worker has the job, or it was cancelled: stop and leave nothing."""


def claimable() -> Q:
    """Rows that wait, and rows whose worker went silent."""
    return Q(state=Leased.State.QUEUED) | Q(state=Leased.State.RUNNING, lease_until__lt=timezone.now())


def claim(job_id: int) -> Job | None:
    """Take the job, or None when it is finished or in other hands."""
    return take(Job.objects.select_related("recording", "created_by"), job_id)


def take(rows: QuerySet[Row], pk: int) -> Row | None:
    """Take one of the rows, or None when it is finished or in other hands."""
    lease, now = uuid.uuid4(), timezone.now()
    taken = rows.model._default_manager.filter(claimable(), pk=pk).update(
        state=Leased.State.RUNNING, lease=lease, lease_until=now + _term(), attempts=F("attempts") + 1,
        started_at=now, progress=0, stage="",
    )  # fmt: skip
    return rows.get(pk=pk) if taken else None


def waiting_rows(rows: QuerySet[Row], most: int = 100) -> list[Row]:
    """Rows to ring for, oldest first; those that never get through are ended."""
    end_hopeless(rows)
    return list(rows.filter(claimable()).order_by("pk")[:most])


def _term() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


def extend(row: Leased, **progress: object) -> None:
    """Push the lease on; LeaseLost when it is no longer ours."""
    if not _ours(row).update(lease_until=timezone.now() + _term(), **progress):
        raise _lost(row)


def _ours(row: Row) -> QuerySet[Row]:
    return type(row)._default_manager.filter(pk=row.pk, lease=row.lease, state=Leased.State.RUNNING)


def _lost(row: Leased) -> LeaseLost:
    return LeaseLost(f"{row._meta.verbose_name} {row.pk} was taken over or cancelled")


@contextmanager
def heartbeat(row: Leased) -> Iterator[threading.Event]:
    """Extend the lease from a thread of its own; the event is set when the lease was lost."""
    lost, done = threading.Event(), threading.Event()

    def beat() -> None:
        try:
            while not done.wait(settings.JOB_LEASE_SECONDS / 4):
                extend(row)
        except LeaseLost:
            lost.set()
        finally:
            connection.close()  # this thread's own

    thread = threading.Thread(target=beat, daemon=True, name=f"lease-{row.pk}")
    thread.start()
    try:
        yield lost
    finally:
        done.set()
        thread.join()


def reporter(row: Leased, lost: threading.Event) -> Callable[[float, str], None]:
    """Progress into the row, at most once a second; raises LeaseLost to stop the work."""
    last = 0.0

    def report(fraction: float, stage: str) -> None:
        nonlocal last
        if lost.is_set():
            raise _lost(row)
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            extend(row, progress=min(max(fraction, 0), 1), stage=stage[:80])

    return report


@contextmanager
def finishing(row: Row) -> Iterator[Row]:
    """One transaction in which the row, locked and still ours, is brought to its end."""
    with transaction.atomic():
        locked = _ours(row).select_for_update(of=("self",)).first()
        if locked is None:
            raise _lost(row)
        yield locked
        locked.lease = locked.lease_until = None
        locked.finished_at = timezone.now()
        locked.full_clean()
        locked.save()


def end_hopeless(rows: QuerySet[Row]) -> None:
    """End what never gets through, and say so on the row."""
    rows.filter(claimable(), attempts__gte=settings.JOB_MAX_ATTEMPTS).update(
        state=Leased.State.FAILED, lease=None, lease_until=None, finished_at=timezone.now(),
        error=_("The worker ended %(n)d times while it worked on this job. Look at the worker's log and memory.")
        % {"n": settings.JOB_MAX_ATTEMPTS},
    )  # fmt: skip


def work_on(job: Row | None, work: Callable[..., object], fail: Callable[..., None]) -> None:
    """Do a claimed job under its lease; an error becomes a message on the row. None was taken by another."""
    if job is None:
        return
    try:
        try:
            with heartbeat(job) as lost:
                work(job=job, lost=lost)
        except LeaseLost:
            raise
        except Exception as error:
            logger.exception("%s ended with an error", job)
            fail(job=job, error=error)
    except LeaseLost as gone:
        logger.info("%s", gone)
