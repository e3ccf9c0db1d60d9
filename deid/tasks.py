"""Celery entries: an id, one call, the failure as a state a person can read."""

from celery import shared_task

from deid import donor_services, rendering, services, training_services, training_work
from deid.leases import claim, take, work_on
from deid.models import OwnDonor, TrainingRun


@shared_task
def render_cpu(*, job_id: int) -> None:
    render(job_id)


@shared_task
def render_gpu(*, job_id: int) -> None:
    render(job_id)


def render(job_id: int) -> None:
    """Claim the job and make its rendition; a second delivery finds it taken and leaves."""
    work_on(claim(job_id), rendering.render_job, rendering.fail_job)


@shared_task
def check_donor(*, donor_id: int) -> None:
    """Look at a donor's photograph that waits; a second delivery finds it decided and leaves."""
    donor = OwnDonor.objects.filter(pk=donor_id, state=OwnDonor.State.CHECKING).first()
    if donor is not None:
        donor_services.check_donor(donor=donor)


@shared_task(acks_late=False)  # brokers take back what is not acknowledged within minutes; the sweeper rings anyway
def train(*, run_id: int) -> None:
    """Claim a training and do it, or what is left of it; a second delivery finds it taken and leaves."""
    rows = TrainingRun.objects.select_related("created_by")
    work_on(take(rows, run_id), training_work.work_on_training, training_work.fail_training)


@shared_task
def sweep() -> None:
    services.sweep_jobs()
    donor_services.ring_waiting_donors()
    training_services.sweep_trainings()
