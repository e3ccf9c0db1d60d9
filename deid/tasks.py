"""Celery entries: an id, one call, the failure as a state a person can read."""

import logging

from celery import shared_task

from deid import donor_services, rendering, services
from deid.leases import LeaseLost, claim, heartbeat
from deid.models import OwnDonor

logger = logging.getLogger(__name__)


@shared_task
def render_cpu(*, job_id: int) -> None:
    render(job_id)


@shared_task
def render_gpu(*, job_id: int) -> None:
    render(job_id)


def render(job_id: int) -> None:
    """Claim the job and make its rendition; a second delivery finds it taken and leaves."""
    job = claim(job_id)
    if job is None:
        return
    try:
        try:
            with heartbeat(job) as lost:
                rendering.render_job(job=job, lost=lost)
        except LeaseLost:
            raise
        except Exception as error:
            logger.exception("job %d ended with an error", job_id)
            rendering.fail_job(job=job, error=error)
    except LeaseLost as gone:
        logger.info("%s", gone)


@shared_task
def check_donor(*, donor_id: int) -> None:
    """Look at a donor's photograph that waits; a second delivery finds it decided and leaves."""
    donor = OwnDonor.objects.filter(pk=donor_id, state=OwnDonor.State.CHECKING).first()
    if donor is not None:
        donor_services.check_donor(donor=donor)


@shared_task
def sweep() -> None:
    services.sweep_jobs()
    donor_services.ring_waiting_donors()
