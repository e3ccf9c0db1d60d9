"""Preparing a clip: follow the mesh, decide where to trust it, learn the patient's neutral face, choose a donor."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.donors import BadDonors, DonorFolder
from deid.algorithms.errors import BadParameters, EngineError
from deid.algorithms.method import ClipTracks
from deid.algorithms.methods.motionmesh.choose import Patient, candidates
from deid.algorithms.methods.motionmesh.following import Followed, Sample, follow, main_tracks
from deid.algorithms.methods.motionmesh.settings import Settings
from deid.algorithms.methods.motionmesh.shape import FRONTAL_DEG, neutral_shape, turn_degrees
from deid.algorithms.methods.motionmesh.swap import Swap
from deid.algorithms.methods.motionmesh.trial import Trial, described, first_that_passes, spread, strongest
from deid.algorithms.methods.motionmesh.trust import Trust, judge
from deid.algorithms.methods.motionmesh.watching import Watch
from deid.algorithms.painting import black_out, patches
from deid.algorithms.plan import Face, on_one_face
from deid.algorithms.regions import Region, box_region, face_region, head_region
from deid.algorithms.tracks import Track
from faces.dlib_backend import SAME_PERSON
from faces.hands import Hands
from faces.mesh import FaceMesh
from videoio.frames import Colour, Frame, to_rgb

SHAPES_MAX = 600  # meshes that the neutral shape is learnt from
SAME_TRACK = SAME_PERSON - 0.1  # a later track goes on with the patient's face when it is as near as this
Lab = tuple[float, float, float]
CHEEKS = (50, 280, 117, 346, 123, 352)


class MeshRenderer:
    """Swaps the patient's face where the mesh can be trusted; every other face and frame gets its head masked."""

    def __init__(self, tracks: frozenset[int], trust: Trust, swap: Swap | None, trial: Trial | None = None) -> None:
        self._tracks, self._trust, self._swap, self._trial = tracks, trust, swap, trial
        self._done: dict[int, str] = {}  # "" or why the patient's face was masked

    def render(self, frame: Frame, faces: tuple[Face, ...]) -> Frame:
        own = next((face for face in faces if face.track in self._tracks and face.found), None)
        rest, shown = [face for face in faces if face is not own], None
        if own is not None:
            why = self._trust.reasons[frame.index] if self._swap is not None else "no face to learn from"
            if self._swap is not None and not why:
                self._swap(frame, self._trust.meshes[frame.index].astype(np.float64))
                rest, shown = [face for face in rest if not on_one_face(face.box, own.box)], own
            else:
                rest.append(own)
            self._done[frame.index] = why
        _mask(frame, rest, shown)
        return frame

    def report(self) -> dict[str, Any]:
        """Donor, its trial, and runs of frames: "swapped" (first, last), "masked" (first, last, why)."""
        runs = _runs(self._done)
        return {
            "donor": self._trial.donor if self._trial else None,
            "trial": _told(self._trial) if self._trial else None,
            "swapped": [[first, last] for first, last, why in runs if not why],
            "masked": [[first, last, why] for first, last, why in runs if why],
        }


def _mask(frame: Frame, faces: Sequence[Face], shown: Face | None) -> None:
    """Black heads; of a swapped face only what lies in the others' faces proper goes with them."""
    size = (frame.width, frame.height)
    region = box_region(shown.box, size) if shown is not None else Region(0, 0, 0, 0)
    kept = [patch.copy() for patch in patches(frame, region)]
    for face in faces:
        black_out(frame, head_region(face.box, size))
    for target, patch in zip(patches(frame, region), kept, strict=True):
        target[:] = patch
    for face in faces:
        black_out(frame, face_region(face.box, size))


def _told(trial: Trial) -> dict[str, Any]:
    """Distances are by the recogniser that chose the donor: another one has to judge the result."""
    return {
        "strength": trial.strength, "detail": trial.detail, "mean": round(trial.mean, 3),
        "least": round(trial.least, 3), "passed": trial.passed,
    }  # fmt: skip


def prepare(clip: ClipTracks, parameters: Mapping[str, Any]) -> MeshRenderer:
    """Read the clip once and make everything ready for rendering it.

    Raises
    ------
    BadParameters : a value is out of range, or there is no such donor
    EngineError : no donors are installed
    MediaError : the recording cannot be read
    """
    settings = Settings.of(parameters)
    folder = _donors(settings.donor, clip.donors)
    tracks = main_tracks(clip.plan, clip.times)
    followed = _followed(clip, tracks)
    trust = judge(followed, clip.times, min_face=settings.min_face, max_turn=settings.max_turn)
    samples = [sample for sample in followed.samples if not trust.reasons[sample.index]]
    numbers = frozenset(track.number for track in tracks)
    if not samples:
        return MeshRenderer(numbers, trust, None)
    main = tracks[0].number
    numbers, samples = _one_person(main, numbers, samples)
    usable = [
        index
        for index, why in enumerate(trust.reasons)
        if not why and followed.tracks.get(index) in numbers
    ]  # fmt: skip
    neutral = neutral_shape(trust.meshes[usable[:: -(-len(usable) // SHAPES_MAX)]].astype(np.float64))  # type: ignore[arg-type]
    trial, swap = _chosen(settings, folder, neutral, samples, _skin(followed, usable, clip.info.colour))
    return MeshRenderer(numbers, trust, swap, trial)


def _followed(clip: ClipTracks, tracks: Sequence[Track]) -> Followed:
    """What was watched during the survey where that was the patient's face; else the clip is read once more."""
    if isinstance(clip.watched, Watch) and (found := clip.watched.followed(clip.plan, tracks)) is not None:
        return found
    with FaceMesh() as mesh, Hands() as hands:
        return follow(clip.source, clip.plan, tracks, mesh.landmarks, hands.points)


def _donors(name: str | None, given: DonorFolder | None) -> DonorFolder:
    try:
        folder = given or DonorFolder.open()
    except BadDonors as error:
        raise EngineError(str(error)) from error
    if name is not None:
        try:
            folder.check(name)
        except BadDonors as error:
            raise BadParameters(str(error)) from error
    return folder


def _one_person(main: int, tracks: frozenset[int], samples: list[Sample]) -> tuple[frozenset[int], list[Sample]]:
    """Drop tracks of another person than the main one's, or of nobody known; they are masked like any other face."""
    own = [sample for sample in samples if sample.track == main]
    others = tracks - {main}
    if not others or not own:
        return (frozenset({main}), own) if own else (frozenset({samples[0].track}), samples)
    mean = described(spread(own)).mean(axis=0)
    kept = {main}
    for track in others:
        seen = [sample for sample in samples if sample.track == track]
        if seen and float(np.median(np.linalg.norm(described(spread(seen, 3)) - mean, axis=1))) <= SAME_TRACK:
            kept.add(track)
    return frozenset(kept), [sample for sample in samples if sample.track in kept]


def _chosen(
    settings: Settings, folder: DonorFolder, neutral: NDArray[np.float64], samples: Sequence[Sample], skin: Lab
) -> tuple[Trial, Swap]:
    colour = samples[0].frame.colour
    frontal = [sample for sample in samples if turn_degrees(sample.mesh) <= FRONTAL_DEG] or list(samples)
    hard = [max(samples, key=lambda sample: float(turn_degrees(sample.mesh))), *strongest(samples, neutral)]
    few = [*hard, *spread(frontal)]
    originals = described(few)

    def make(name: str, strength: float, detail: float) -> Swap:
        return Swap(folder.load(name), neutral, samples, colour, strength, detail)

    names = (
        [settings.donor]
        if settings.donor is not None
        else candidates(Patient(originals[len(hard) :].mean(axis=0), skin, settings.sex, settings.age), folder)
    )
    return first_that_passes(names, make, few, originals, settings.strength, settings.detail)


def _skin(followed: Followed, usable: Sequence[int], colour: Colour) -> Lab:
    """CIE L*a*b* of the cheeks, median over frames."""
    values = np.median(followed.colours[usable][:, list(CHEEKS)].reshape(-1, 3), axis=0).round().astype(np.uint8)
    luma, blue, red = (np.full((side, side), value, np.uint8) for side, value in zip((2, 1, 1), values, strict=True))
    rgb = to_rgb((luma, blue, red), colour)[:1, :1].astype(np.float32) / 255
    light, a, b = (float(value) for value in cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[0, 0])
    return light, a, b


def _runs(done: Mapping[int, str]) -> list[tuple[int, int, str]]:
    """Neighbouring frames with the same word."""
    found: list[tuple[int, int, str]] = []
    for index in sorted(done):
        if found and found[-1][1] == index - 1 and found[-1][2] == done[index]:
            found[-1] = (found[-1][0], index, done[index])
        else:
            found.append((index, index, done[index]))
    return found
