"""Celery entries: an id, one call, the failure as a state a person can read."""

from celery import shared_task

from deid.leases import take, work_on
from ratings import equal_arms_services as services
from ratings import reminder_services, sixface_build, sixface_services
from ratings.models import LastEncode, TrialBuild


@shared_task
def last_encode(*, encode_id: int) -> None:
    """Claim the group and encode its versions alike; a second delivery finds it taken and leaves."""
    work_on(take(LastEncode.objects.all(), encode_id), services.equalise, services.fail)


@shared_task
def build_trials(*, build_id: int) -> None:
    """Claim the building of an experiment's trials and do it; a second delivery finds it taken and leaves."""
    rows = TrialBuild.objects.select_related("experiment__cohort")
    work_on(take(rows, build_id), sixface_build.build_trials, sixface_build.fail_build)


@shared_task
def sweep() -> None:
    services.sweep_last_encodes()
    sixface_services.sweep_builds()


@shared_task
def remind() -> None:
    reminder_services.send_reminders()
