"""Every write to reports of runs: asked for, rung, made, failed, removed."""

import hashlib
from collections.abc import Iterable
from threading import Event

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from analysis.run_kinds import KINDS, kind_of
from analysis.run_models import Run, RunReport
from config.celery import ring
from deid.leases import LeaseLost, finishing, reporter, waiting_rows
from deid.rendering import readable

QUEUE = "analyse"  # of its own, for runs and their reports: who computes results reads the key, and opens no video
WITH_REPORT = tuple(name for name, kind in KINDS.items() if kind.report)


def request_missing_reports() -> int:
    """Ask for what every computed run has: those from before reports were kept have none."""
    rows = Run.objects.filter(kind__in=WITH_REPORT, state=Run.State.DONE, report=None).order_by("-pk")
    reports = [RunReport(run_id=pk) for pk in rows.values_list("pk", flat=True)]
    RunReport.objects.bulk_create(reports, ignore_conflicts=True)  # two schedulers may do this at once
    return len(reports)


def sweep_reports() -> int:
    """Ring for reports that wait; end those that never get through, and remove what void runs have left."""
    RunReport.objects.exclude(run__state=Run.State.DONE).delete()  # asked for while a withdrawal was at work
    waiting = waiting_rows(RunReport.objects.defer("html", "pdf"))
    for report in waiting:
        _ring(report.pk)
    return len(waiting)


def request_report(run: Run) -> None:
    """Ask for the report of a run that is being finished, in its transaction."""
    if run.kind not in WITH_REPORT:
        return
    pk = RunReport.objects.create(run=run).pk
    transaction.on_commit(lambda: _ring(pk))


@transaction.atomic
def make_again(*, run: Run, actor: User) -> RunReport:
    """Ask anew for a report that could not be made."""
    report = RunReport.objects.select_for_update(of=("self",)).filter(run=run, state=RunReport.State.FAILED).first()
    if report is None:
        raise ValidationError(_("The report of this run did not fail: there is nothing to make again."))
    report.state, report.error, report.attempts, report.finished_at = RunReport.State.QUEUED, "", 0, None
    report.full_clean()
    report.save()
    audit.record(actor=actor, verb="run.report_again", target=run)
    pk = report.pk
    transaction.on_commit(lambda: _ring(pk))
    return report


def _ring(pk: int) -> None:
    ring("analysis.tasks.make_report", queue=QUEUE, report_id=pk)


def make_report(*, job: RunReport, lost: Event) -> None:
    """Make a claimed report and keep it, if its run still has numbers.

    Raises
    ------
    LeaseLost : another worker took over, or the run became void
    """
    if job.run.state != Run.State.DONE:
        raise _void(job)
    make = kind_of(job.run.kind).report
    assert make is not None  # noqa: S101 - others are not asked for
    html, pdf = make(job.run, reporter(job, lost))
    with transaction.atomic():
        # A withdrawal waits for this lock or came before it: no report outlives the numbers that it was made from. The
        # run's row is locked first, as there, so that neither waits for the other.
        run = Run.objects.select_for_update(of=("self",), no_key=True).only("state").get(pk=job.run_id)
        if run.state != Run.State.DONE:
            raise _void(job)
        with finishing(job) as locked:
            locked.state, locked.progress, locked.stage, locked.error = RunReport.State.DONE, 1, "", ""
            locked.html, locked.pdf = html, pdf
            audit.record(actor=None, verb="run.reported", target=run, note=hashlib.sha256(pdf).hexdigest())


def _void(job: RunReport) -> LeaseLost:
    return LeaseLost(f"run {job.run_id} became void: it has no report any more")


def fail_report(*, job: RunReport, error: Exception) -> None:
    """Bring a report to its end with a message that a person can read; its run stays as it is."""
    with finishing(job) as locked:
        locked.state, locked.stage, locked.error = RunReport.State.FAILED, "", readable(error)
        audit.record(actor=None, verb="run.report_failed", target=job.run)


def remove_reports(runs: Iterable[int]) -> None:
    """Runs became void: their reports go with the numbers; a worker at one finds its row gone and leaves nothing."""
    RunReport.objects.filter(run__in=list(runs)).delete()
