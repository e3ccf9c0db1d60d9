"""Celery entries: an id, one call, the failure as a state a person can read."""

from celery import shared_task

from analysis import machine_services, measurement_services, measuring, report_services, run_services
from analysis.models import MachineJudging, Measurement, Run, RunReport
from deid.leases import take, work_on


@shared_task
def measure(*, measurement_id: int) -> None:
    """Claim a measurement and make it; a second delivery finds it taken and leaves."""
    rows = Measurement.objects.select_related("recording", "rendition__recording")
    work_on(
        take(rows, measurement_id),
        lambda job, lost: measuring.measure(measurement=job, lost=lost),
        lambda job, error: measurement_services.fail_measurement(measurement=job, error=error),
    )


@shared_task
def judge_by_machines(*, judging_id: int) -> None:
    """Claim the trials of a closed experiment and ask every recogniser; a second delivery finds them taken."""
    rows = MachineJudging.objects.select_related("experiment")
    work_on(take(rows, judging_id), machine_services.judge_by_machines, machine_services.fail_machines)


@shared_task
def compute_run(*, run_id: int) -> None:
    """Claim a run and compute it; a second delivery finds it taken and leaves."""
    rows = Run.objects.select_related("study__cohort", "cohort", "created_by")
    work_on(take(rows, run_id), run_services.compute_run, run_services.fail_run)


@shared_task
def make_report(*, report_id: int) -> None:
    """Claim the report of a run and make it; a second delivery finds it taken and leaves."""
    rows = RunReport.objects.select_related("run__study")
    work_on(take(rows, report_id), report_services.make_report, report_services.fail_report)


@shared_task
def sweep() -> None:
    measurement_services.request_missing()
    measurement_services.sweep_measurements()
    machine_services.request_machines()
    machine_services.sweep_machines()
    run_services.request_missing_runs()
    run_services.sweep_runs()
    report_services.request_missing_reports()
    report_services.sweep_reports()
