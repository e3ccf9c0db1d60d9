"""Faceswap: the decoder of a donor draws what the encoder saw of the patient."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from deid.algorithms.method import ClipTracks
from deid.algorithms.methods.learned.making import Batches
from deid.algorithms.methods.learned.preparing import batch_of, patient_of, store_of, told_of
from deid.algorithms.methods.learned.running import Runner
from deid.algorithms.methods.learned.wearing import LearnedRenderer, Worn, tried_on
from deid.algorithms.networks.faceswap_autoencoder import build
from deid.algorithms.networks.loading import from_store

WEIGHTS, SIDE = "faceswap", 64


def prepare(clip: ClipTracks, parameters: Mapping[str, Any]) -> LearnedRenderer:
    """Load the network and find the patient, whom it was trained on together with the donor: he is a, the donor b.

    Raises
    ------
    BadParameters : the batch is out of range
    BadWeights : weights are missing, damaged or another network's
    """
    batch, store = batch_of(parameters), store_of(clip)
    network, device = from_store(store, WEIGHTS, build)

    def as_donor(pictures: Tensor) -> Tensor:
        made: Tensor = network(pictures, "b")
        return made

    patient = patient_of(clip)
    if not patient.samples:
        return LearnedRenderer(patient, None)
    runner = Runner(as_donor, device, batch)
    worn = Worn(Batches(runner, batch), SIDE)
    told = {"trial": worn.tried(tried_on(patient.samples)).told(), **told_of(store, device, WEIGHTS)}
    return LearnedRenderer(patient, worn, told, runner)
