"""Faceswap trained by real worker processes: killed, taken up at the checkpoint, and the result used by the method."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from deid import training_services
from deid.algorithms.training.folder import CHECKPOINT, CURVE, SAMPLES
from deid.models import TrainingRun
from deid.validators import validate_available
from deid.weights import model_store
from tests.deid.test_worker import FAST, kill_worker
from tests.deid.training.two_people import config, write_two_people
from tests.factories import UserFactory
from tests.product import eventually, running_product

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]
STEPS = 120


@pytest.fixture
def folder(tmp_path: Path, settings) -> Path:
    """Shared by this process and those of the product."""
    settings.TRAINING_FOLDER, settings.MODEL_STORE = tmp_path / "training", tmp_path / "store"
    write_two_people(settings.TRAINING_FOLDER / "sets" / "two")
    return settings.TRAINING_FOLDER


def start() -> TrainingRun:
    asked = {"kind": "faceswap", "training_set": "two", "config": config(STEPS), "licence": "of nobody"}
    return training_services.start_training(actor=UserFactory(), commercial=False, **asked)


def now(run: TrainingRun) -> TrainingRun:
    run.refresh_from_db()
    assert run.state != TrainingRun.State.FAILED, run.error
    return run


@pytest.mark.timeout(600)
def test_a_killed_training_goes_on_from_its_checkpoint_to_the_same_curve_and_weights(folder: Path, tmp_path: Path):
    """One is left alone, the other's worker is killed in the middle; the method can use what comes out."""
    env = {**FAST, "TRAINING_FOLDER": str(folder), "MODEL_STORE": str(tmp_path / "store")}
    with running_product(tmp_path / "var", **env) as stack:
        whole, broken = start(), start()
        eventually(lambda: now(whole).state == "done", seconds=240, stack=stack)
        left = folder / "runs" / str(broken.pk)
        eventually((left / CHECKPOINT).is_file, seconds=120, every=0.01, stack=stack)
        first_look = (left / SAMPLES / "step_00000000.png").stat().st_mtime_ns
        assert kill_worker(stack, whole=True)
        assert now(broken).state == "running", "it was over before it could be killed: more steps are needed"
        eventually(lambda: now(broken).state == "done", seconds=240, stack=stack)
    assert broken.attempts == 2
    assert (left / SAMPLES / "step_00000000.png").stat().st_mtime_ns == first_look, "it began anew"
    assert (left / CURVE).read_bytes() == (folder / "runs" / str(whole.pk) / CURVE).read_bytes()
    assert broken.curves["losses"] == now(whole).curves["losses"]
    assert list(broken.weights.values()) == list(whole.weights.values())
    assert broken.evaluation["held_out"] == whole.evaluation["held_out"]
    assert model_store().entry(f"faceswap-{broken.pk}").evaluation.startswith(f"{STEPS} steps, {4 * STEPS:,} images")
    with pytest.raises(ValidationError, match="not available here"):
        validate_available("faceswap")
    training_services.use_weights(run=broken, actor=UserFactory())
    validate_available("faceswap")
