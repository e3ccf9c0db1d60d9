"""The Celery application. Messages only ring; jobs and uploads are rows (deid.models.Job, cohorts.models.Upload)."""

import logging
import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import worker_init
from kombu import Queue
from kombu.exceptions import KombuError, OperationalError

from config import folder_queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

folder_queue.use()
app = Celery("semblance")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name, routing_key=name) for name in ("cpu", "gpu", "measure", "analyse")]
app.autodiscover_tasks()


def make_queue_folders() -> None:
    """The filesystem transport wants its folders to exist before the first message."""
    options = app.conf.broker_transport_options or {}
    for key in ("data_folder_in", "data_folder_out", "processed_folder", "control_folder"):
        if key in options:
            Path(options[key]).mkdir(parents=True, exist_ok=True)


@worker_init.connect
def _before_the_worker_starts(**_: Any) -> None:
    make_queue_folders()


def ring(task: str, *, queue: str = "cpu", **ids: int) -> None:
    """Ask a worker to look at a row. A message that cannot be sent is only logged: the sweeper rings again."""
    try:
        make_queue_folders()
        app.send_task(task, kwargs=ids, queue=queue, retry=False)
    except (KombuError, OperationalError, OSError, ValueError) as error:
        # ValueError: the folder transport read the list of queues while another process was just writing it.
        logging.getLogger(__name__).warning("could not ring %s %s: %s", task, ids, error)
