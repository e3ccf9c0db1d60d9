"""What preparing a clip has in common for methods with a network."""

from collections.abc import Mapping
from typing import Any

from deid.algorithms.errors import BadParameters
from deid.algorithms.method import ClipTracks
from deid.algorithms.methods.motionmesh.patient import PatientFace, find_patient
from deid.algorithms.training.record import record_of
from modelstore.errors import MissingWeights
from modelstore.store import Store

MIN_FACE, MAX_TURN = 40.0, 60.0  # pixels, degrees: beyond these the head is masked
BATCH_MAX = 64


def patient_of(clip: ClipTracks) -> PatientFace:
    """The patient's face where a network can be asked to replace it."""
    return find_patient(clip, min_face=MIN_FACE, max_turn=MAX_TURN)


def store_of(clip: ClipTracks) -> Store:
    """The model store; MissingWeights where the engine was given none."""
    if clip.weights is None:
        raise MissingWeights("this method needs weights: say where the model store is.")
    return clip.weights


def batch_of(parameters: Mapping[str, Any]) -> int:
    """How many pictures go through the network at once, at most.

    Raises
    ------
    BadParameters : it is no whole number from 1 to 64
    """
    batch = parameters["batch"]
    if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch <= BATCH_MAX:
        raise BadParameters(f"batch must be a whole number from 1 to {BATCH_MAX}, was {batch!r}.")
    return batch


def told_of(store: Store, device: str, *weights: str) -> dict[str, Any]:
    """Which weights ran (the method's own first), where, and how long those were trained here, for the certificate."""
    record = record_of(store.path(weights[0]))
    training = {"images_seen": record.images, "steps": record.steps, "sizes": record.sizes} if record else None
    return {
        "weights": {name: str(store.entry(name).sha256)[:12] for name in weights},
        "device": device,
        **({"training": training} if training else {}),
    }
