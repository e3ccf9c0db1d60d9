"""Runs for tests, computed by the services themselves."""

from threading import Event
from typing import Any

from analysis import report_services, run_services
from analysis.models import Run, RunReport
from analysis.run_kinds import AGREEMENT
from deid.leases import take
from ratings.models import Study


def computed_run(study: Study, kind: str = AGREEMENT, **asked: Any) -> Run:
    """A run that a worker has computed."""
    run = run_services.request_run(kind=kind, study=study, actor=None, **asked)
    taken = take(Run.objects.select_related("study__cohort", "created_by"), run.pk)
    assert taken is not None
    run_services.compute_run(job=taken, lost=Event())
    run.refresh_from_db()
    return run


def reported_run(study: Study, **asked: Any) -> Run:
    """A run with its report, as workers leave it."""
    run = computed_run(study, **asked)
    taken = take(RunReport.objects.select_related("run__study"), run.report.pk)
    assert taken is not None
    report_services.make_report(job=taken, lost=Event())
    run.refresh_from_db()
    return run
