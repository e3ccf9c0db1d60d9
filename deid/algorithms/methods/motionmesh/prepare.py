"""Preparing a clip: follow the mesh, decide where to trust it, learn the patient's neutral face, choose a donor."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.donors import DonorFolder, folder_for
from deid.algorithms.masking import mask_heads, replaced
from deid.algorithms.method import ClipTracks
from deid.algorithms.methods.motionmesh.choose import CANDIDATES, Patient, alike_and_others
from deid.algorithms.methods.motionmesh.describing import Distances, described
from deid.algorithms.methods.motionmesh.following import Sample
from deid.algorithms.methods.motionmesh.patient import Lab, find_patient
from deid.algorithms.methods.motionmesh.settings import Settings
from deid.algorithms.methods.motionmesh.shape import FRONTAL_DEG, neutral_shape, turn_degrees
from deid.algorithms.methods.motionmesh.skin import PatientSkin
from deid.algorithms.methods.motionmesh.swap import Swap
from deid.algorithms.methods.motionmesh.trial import Trial, first_that_passes, spread, strongest, unlike
from deid.algorithms.methods.motionmesh.trust import Trust
from deid.algorithms.plan import Face, on_one_face
from deid.algorithms.regions import Region
from faces import dlib_backend
from faces.mesh import eye_aspect_ratio
from videoio.frames import Frame

SHAPES_MAX = 600  # meshes that the neutral shape is learnt from
AT_ONCE = 2  # frames whose faces are swapped beside one another
Wear = Callable[[Frame, NDArray[np.float64]], None]  # puts a face on the one whose mesh is told


class MeshRenderer:
    """Swaps the patient's face where the mesh can be trusted; every other face and frame gets its head masked.

    A swap hangs on its frame alone: those that come are begun in threads of their own, on copies.
    """

    def __init__(self, tracks: frozenset[int], trust: Trust, swap: Wear | None, trial: Trial | None = None) -> None:
        self._tracks, self._trust, self._swap, self._trial = tracks, trust, swap, trial
        self._done: dict[int, str] = {}  # "" or why the patient's face was masked
        self._masked: list[Region] = []
        self._threads = ThreadPoolExecutor(AT_ONCE, "swapping")  # they end with this object
        self._begun: dict[int, Future[Frame]] = {}

    @property
    def reach(self) -> int:
        return AT_ONCE

    def coming(self, frame: Frame, faces: tuple[Face, ...]) -> None:
        if self._swap is not None and self._wears(frame, faces):
            self._begun[frame.index] = self._threads.submit(self._swapped, frame.copied(), self._swap)

    def render(self, frame: Frame, faces: tuple[Face, ...]) -> Frame:
        own = self._own(faces)
        rest, shown = [face for face in faces if face is not own], None
        if own is not None:
            why = self._trust.reasons[frame.index] if self._swap is not None else "no face to learn from"
            if self._swap is not None and not why:
                begun = self._begun.pop(frame.index, None)
                frame = self._swapped(frame, self._swap) if begun is None else begun.result()
                rest, shown = [face for face in rest if not on_one_face(face.box, own.box)], own
            else:
                rest.append(own)
            self._done[frame.index] = why
        self._masked = mask_heads(frame, rest, shown)
        return frame

    def _wears(self, frame: Frame, faces: tuple[Face, ...]) -> bool:
        """Whether the patient's face is in the frame and its mesh can be trusted."""
        return self._own(faces) is not None and not self._trust.reasons[frame.index]

    def _swapped(self, frame: Frame, swap: Wear) -> Frame:
        swap(frame, self._trust.meshes[frame.index].astype(np.float64))
        return frame

    def _own(self, faces: tuple[Face, ...]) -> Face | None:
        return next((face for face in faces if face.track in self._tracks and face.found), None)

    def masked(self) -> Sequence[Region]:
        return self._masked

    def report(self) -> dict[str, Any]:
        """Donor, its trial, and runs of frames: "swapped" (first, last), "masked" (first, last, why)."""
        return {
            "donor": self._trial.donor if self._trial else None,
            "trial": _told(self._trial) if self._trial else None,
            **replaced(self._done),
        }


def _told(trial: Trial) -> dict[str, Any]:
    """Distances are by the recogniser that chose the donor: another one has to judge the result."""
    return {
        "strength": trial.strength, "detail": trial.detail, "mean": round(trial.mean, 3),
        "least": round(trial.least, 3), "passed": trial.passed,
    }  # fmt: skip


def read_ahead() -> None:
    """The recogniser, and OpenCV's tables of colours, which it makes when they are first asked for."""
    dlib_backend.read_recogniser()
    cv2.cvtColor(np.zeros((1, 1, 3), np.float32), cv2.COLOR_RGB2LAB)


def prepare(clip: ClipTracks, parameters: Mapping[str, Any]) -> MeshRenderer:
    """Read the clip once and make everything ready for rendering it.

    Raises
    ------
    BadParameters : a value is out of range, or there is no such donor
    EngineError : no donors are installed
    MediaError : the recording cannot be read
    """
    settings = Settings.of(parameters)
    folder = folder_for(settings.donor, clip.donors)
    patient = find_patient(clip, min_face=settings.min_face, max_turn=settings.max_turn)
    if not patient.samples:
        return MeshRenderer(patient.tracks, patient.trust, None)
    usable = patient.usable
    neutral = neutral_shape(patient.trust.meshes[usable[:: -(-len(usable) // SHAPES_MAX)]].astype(np.float64))  # type: ignore[arg-type]
    trial, swap = _chosen(settings, folder, neutral, patient.samples, patient.skin(clip.info.colour))
    return MeshRenderer(patient.tracks, patient.trust, swap, trial)


def _chosen(
    settings: Settings, folder: DonorFolder, neutral: NDArray[np.float64], samples: Sequence[Sample], skin: Lab
) -> tuple[Trial, Swap]:
    colour = samples[0].frame.colour
    frontal = [sample for sample in samples if turn_degrees(sample.mesh) <= FRONTAL_DEG] or list(samples)
    hard = [
        min(samples, key=lambda sample: sum(eye_aspect_ratio(sample.mesh))),
        max(samples, key=lambda sample: float(turn_degrees(sample.mesh))),
        *strongest(samples, neutral),
    ]
    few = [*hard, *spread(frontal)]
    originals = described(few)

    own, made = PatientSkin.learnt(neutral, samples), dict[str, Swap]()

    def make(name: str, strength: float, detail: float) -> Swap:
        if name in made:
            return made[name].worn(strength, detail)
        made[name] = Swap(folder.load(name), neutral, own, colour, strength, detail)
        return made[name]

    if settings.donor is not None:
        groups = [[settings.donor]]
    else:
        patient = Patient(originals[len(hard) :].mean(axis=0), skin, settings.sex, settings.age)
        alike, others = alike_and_others(patient, folder)
        groups = [alike[:CANDIDATES], others[: max(CANDIDATES - len(alike), 1)]]
    rest = unlike([sample for sample in samples if all(sample is not other for other in few)])
    with Distances(make, [*few, *rest], originals) as distances:
        return first_that_passes(groups, distances, len(few), len(rest), settings.strength, settings.detail)
