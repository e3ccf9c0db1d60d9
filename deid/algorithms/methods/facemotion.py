"""FaceMotionPreserve: a generator that gives a face a donor's identity and leaves its motion."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deid.algorithms.crops import portrait
from deid.algorithms.donors import Donor, DonorFolder, folder_for
from deid.algorithms.judging import Verdict, first_that_passes
from deid.algorithms.method import ClipTracks
from deid.algorithms.methods.learned.driving import Driver, driver_of
from deid.algorithms.methods.learned.making import Batches
from deid.algorithms.methods.learned.preparing import batch_of, patient_of, store_of, told_of
from deid.algorithms.methods.learned.running import Runner
from deid.algorithms.methods.learned.wearing import LearnedRenderer, Worn, tried_on
from deid.algorithms.methods.motionmesh.choose import Patient, candidates
from deid.algorithms.methods.motionmesh.describing import described
from deid.algorithms.methods.motionmesh.patient import PatientFace
from deid.algorithms.methods.motionmesh.trial import spread
from deid.algorithms.networks.facemotion_generator import Generator, build
from deid.algorithms.networks.loading import from_store
from faces.arcface import SIDE as ARCFACE_SIDE
from modelstore.errors import BadWeights
from videoio.frames import Colour

WEIGHTS, SIDE = "facemotionpreserve", 224
DONORS_TRIED = 3


def prepare(clip: ClipTracks, parameters: Mapping[str, Any]) -> LearnedRenderer:
    """Load the networks, find the patient, choose a donor.

    Raises
    ------
    BadParameters : a value is out of range, or there is no such donor
    BadWeights : weights are missing, damaged or another network's
    EngineError : no donors are installed
    """
    batch, folder = batch_of(parameters), folder_for(parameters["donor"], clip.donors)
    store = store_of(clip)
    network, device = from_store(store, WEIGHTS, build)
    driver, driven_by, side = driver_of(store, WEIGHTS, device, SIDE)
    patient = patient_of(clip)
    if not patient.samples:
        return LearnedRenderer(patient, None)
    names = [parameters["donor"]] if parameters["donor"] else _likely(patient, folder, clip.info.colour)
    samples = tried_on(patient.samples)

    def attempt(name: str) -> tuple[Verdict, tuple[Worn, Runner]]:
        donor = folder.load(name)
        runner = Runner(_with(network, identity_of(donor, driver), device), device, batch)
        worn = Worn(Batches(runner, batch), side)
        return worn.tried(samples, donor.descriptor), (worn, runner)

    name, verdict, (worn, runner) = first_that_passes(names, attempt)
    told = {"donor": name, "trial": verdict.told(), **told_of(store, device, WEIGHTS, driven_by)}
    return LearnedRenderer(patient, worn, told, runner)


def identity_of(donor: Donor, driver: Driver) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(512,) who the donor is.

    Raises
    ------
    BadWeights : the recogniser makes nothing of his portrait
    """
    found = driver.described(portrait(donor, ARCFACE_SIDE))
    if not np.isfinite(found).all():
        raise BadWeights(f"the recogniser tells nothing of the donor {donor.name}: put its own weights there.")
    return found


def _with(network: Generator, identity: np.ndarray[Any, np.dtype[np.float64]], device: str) -> Any:
    known = torch.from_numpy(identity.astype(np.float32))[None].to(device)  # (1, 512)

    def run(pictures: Tensor) -> Tensor:
        made: Tensor = network(pictures, known.expand(len(pictures), -1))
        return made

    return run


def _likely(patient: PatientFace, folder: DonorFolder, colour: Colour) -> list[str]:
    mean = described(spread(patient.samples)).mean(axis=0)
    return candidates(Patient(mean, patient.skin(colour)), folder)[:DONORS_TRIED]
