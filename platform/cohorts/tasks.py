"""Celery entries: an id, one call."""

import logging

from celery import shared_task

from cohorts import upload_checks, upload_sweep, withdrawal
from cohorts.models import Upload
from cohorts.work_folder import sweep_work_folder

logger = logging.getLogger(__name__)


@shared_task
def check_upload(*, upload_id: int) -> None:
    """Probe an upload that waits; a second delivery finds it decided and leaves."""
    upload = Upload.objects.filter(pk=upload_id, state=Upload.State.CHECKING).first()
    if upload is not None:
        upload_checks.check_upload(upload=upload)


@shared_task
def sweep() -> None:
    upload_checks.ring_waiting_uploads()
    withdrawal.finish_open()
    sweep_work_folder()


@shared_task
def sweep_orphans() -> None:
    logger.info("uploads swept: %s", upload_sweep.sweep_uploads())
