"""Rows of trainings that have much to show."""

import io
import math
import uuid
from datetime import timedelta

import cv2
import numpy as np
from django.utils import timezone

from cohorts import storage
from deid.models import TrainingRun, TrainingSheet
from tests.deid.training.two_people import config
from tests.factories import TrainingRunFactory

SHA256 = "0123456789abcdef" * 4
HELD_OUT = {"to_original": 0.74, "to_source": 0.51, "nearer_to_source": 0.97}


def curves() -> dict:
    steps = range(10, 1010, 10)
    falling = {name: [[step, high * math.exp(-step / 300) + 0.02] for step in steps] for name, high in
               (("patient", 0.4), ("donor", 0.3))}  # fmt: skip
    held_out = {name: [[step, value + 100 / (step + 400)] for step in (250, 500, 750, 1000)] for name, value in
                HELD_OUT.items()}  # fmt: skip
    return {"losses": falling, "held_out": held_out}


def asked(user) -> dict:
    return {"training_set": "two", "config": config(1000), "licence": "CC BY 4.0", "created_by": user}


def running_training(user) -> TrainingRun:
    run = TrainingRunFactory(
        **asked(user), state=TrainingRun.State.RUNNING, lease=uuid.uuid4(), curves=curves(), attempts=2, step=400,
        lease_until=timezone.now() + timedelta(hours=1), progress=0.4, stage="training", n_steps=1000,
        images_seen=51_200, time_left=timedelta(minutes=34), data={"set": SHA256}, started_at=timezone.now(),
    )  # fmt: skip
    _sheet(run, 0)
    return run


def done_training(user) -> TrainingRun:
    seen = {"why": "time", "steps": 1000, "images": 128_000, "seconds": 2310.5, "held_out": HELD_OUT}
    run = TrainingRunFactory(
        **asked(user), state=TrainingRun.State.DONE, curves=curves(), progress=1, step=1000, n_steps=1000,
        images_seen=128_000, evaluation=seen, weights={"faceswap-7": SHA256}, data={"set": SHA256},
        started_at=timezone.now(), finished_at=timezone.now(),
    )  # fmt: skip
    _sheet(run, 1000)
    return run


def _sheet(run: TrainingRun, step: int) -> None:
    """A picture that shows nobody."""
    picture = np.tile(np.linspace(0, 255, 528, dtype=np.uint8)[None, :, None], (396, 1, 3))
    content = cv2.imencode(".png", picture)[1].tobytes()
    name = storage.store(io.BytesIO(content))
    TrainingSheet.objects.create(run=run, step=step, storage_name=name, n_bytes=len(content))
