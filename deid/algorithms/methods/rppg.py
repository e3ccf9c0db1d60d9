"""The pulse-preserving autoencoder: machines no longer know the face, people still do."""

from collections.abc import Mapping
from typing import Any

from deid.algorithms.method import ClipTracks
from deid.algorithms.methods.learned.making import Windows
from deid.algorithms.methods.learned.preparing import patient_of, store_of, told_of
from deid.algorithms.methods.learned.running import Runner
from deid.algorithms.methods.learned.wearing import LearnedRenderer, Worn, tried_on
from deid.algorithms.networks.loading import from_store
from deid.algorithms.networks.rppg_autoencoder import build

WEIGHTS, SIDE, WINDOW = "rppg_autoencoder", 128, 64


def prepare(clip: ClipTracks, parameters: Mapping[str, Any]) -> LearnedRenderer:
    """Load the network and find the patient. It was trained at 30 frames a second; other rates are left as they are.

    Raises
    ------
    BadWeights : weights are missing, damaged or another network's
    """
    store = store_of(clip)
    network, device = from_store(store, WEIGHTS, build)
    patient = patient_of(clip)
    if not patient.samples:
        return LearnedRenderer(patient, None)
    runner = Runner(network, device, batch=1)  # one window at a time
    worn = Worn(Windows(runner, WINDOW, WINDOW // 2), SIDE)
    verdict = worn.tried(tried_on(patient.samples))
    told = {
        "hides_from": "machines",
        "trial": {**verdict.told(), "passed": False},  # whatever machines say: people still know the face
        **told_of(store, device, WEIGHTS),
    }
    return LearnedRenderer(patient, worn, told, runner)
