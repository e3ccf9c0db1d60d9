"""Preparing a clip: load the networks, find out who the patient is, choose a donor."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.donors import DonorFolder, folder_for
from deid.algorithms.judging import Verdict, described, first_that_passes, judged
from deid.algorithms.masking import mask_heads, replaced
from deid.algorithms.method import ClipTracks
from deid.algorithms.methods.inswapper.swapping import Points, Swapper
from deid.algorithms.methods.inswapper.watching import Sample, Watch
from deid.algorithms.methods.motionmesh.choose import Patient, candidates
from deid.algorithms.methods.motionmesh.following import main_tracks
from deid.algorithms.methods.motionmesh.patient import SAME_TRACK
from deid.algorithms.methods.motionmesh.settings import Settings
from deid.algorithms.plan import Face, on_one_face
from deid.algorithms.regions import Region
from deid.algorithms.registry import get_method
from modelstore.errors import MissingWeights
from modelstore.store import Store
from videoio.frames import Frame

NAME = "inswapper"
TRIED, DONORS = 3, 3  # pictures, donors
UNKNOWN = "no face to learn from"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Worn:
    """Who is worn, what was seen of that on a few pictures, and what the network wears of him."""

    donor: str
    verdict: Verdict
    identity: NDArray[np.float32]


class SwapRenderer:
    """Puts the donor on the patient's face where its points are believed; every other face gets its head masked."""

    def __init__(
        self, tracks: frozenset[int], points: Points, swapper: Swapper, worn: Worn | None,
        weights: Mapping[str, str],
    ) -> None:  # fmt: skip
        self._tracks, self._points, self._swapper, self._worn = tracks, points, swapper, worn
        self._weights = dict(weights)
        self._done: dict[int, str] = {}  # "" or why the patient's head was masked
        self._masked: list[Region] = []

    def render(self, frame: Frame, faces: tuple[Face, ...]) -> Frame:
        own = next((face for face in faces if face.track in self._tracks and face.found), None)
        rest, shown = list(faces), None
        if own is not None:
            why = self._put(frame, own)
            self._done[frame.index] = why
            if not why:
                rest, shown = [face for face in faces if face is not own and not on_one_face(face.box, own.box)], own
        self._masked = mask_heads(frame, rest, shown)
        return frame

    def _put(self, frame: Frame, own: Face) -> str:
        """Swap the face, or say why not."""
        if self._worn is None:
            return UNKNOWN
        five, why = self._points.of(frame, own.box)
        if five is not None:
            self._swapper.put(frame, five, self._worn.identity)
        return why

    def masked(self) -> Sequence[Region]:
        return self._masked

    def report(self) -> dict[str, Any]:
        """Donor, its trial, runs of frames, and a SHA-256 prefix of each file of weights."""
        return {
            "donor": self._worn.donor if self._worn else None,
            "trial": self._worn.verdict.told() if self._worn else None,
            **replaced(self._done),
            "weights": self._weights,
        }


def prepare(clip: ClipTracks, parameters: Mapping[str, Any]) -> SwapRenderer:
    """Load the networks and choose whose identity is worn.

    Raises
    ------
    BadParameters : a value is out of range, or there is no such donor
    BadWeights : weights are missing or are not those that the manifest means
    EngineError : no donors are installed
    """
    settings = Settings.of({**asdict(Settings()), **parameters})
    folder = folder_for(settings.donor, clip.donors)
    if clip.weights is None:
        raise MissingWeights("inswapper needs weights: say where the model store is.")
    points = Points(clip.weights, min_face=settings.min_face, max_turn=settings.max_turn)
    swapper = Swapper(clip.weights)
    tracks = [track.number for track in main_tracks(clip.plan, clip.times)]
    samples = clip.watched.by_track(clip.plan) if isinstance(clip.watched, Watch) else {}
    numbers, own = _one_person(tracks, samples)
    pairs = [(sample, points.of(sample.frame, sample.box)[0]) for sample in own]
    usable = [(sample, five) for sample, five in pairs if five is not None]
    worn = _worn(settings, folder, swapper, usable) if usable else None
    return SwapRenderer(numbers, points, swapper, worn, _hashes(clip.weights))


def _one_person(tracks: Sequence[int], samples: Mapping[int, list[Sample]]) -> tuple[frozenset[int], list[Sample]]:
    """The main track that has samples, and those of the later ones that show the same face."""
    seen = [track for track in tracks if track in samples]
    if not seen:
        return frozenset(tracks[:1]), []
    main, *others = seen
    mean = described(sample.view for sample in samples[main][:TRIED]).mean(axis=0)
    kept = [main]
    for track in others:
        away = np.linalg.norm(described(sample.view for sample in samples[track][:TRIED]) - mean, axis=1)
        if float(np.median(away)) <= SAME_TRACK:
            kept.append(track)
    return frozenset(kept), [sample for track in kept for sample in samples[track]]


def _worn(settings: Settings, folder: DonorFolder, swapper: Swapper, usable: Sequence[tuple[Sample, Floats]]) -> Worn:
    """The donor that is worn, on pictures evenly spaced over the clip, each with its five points."""
    places = np.linspace(0, len(usable) - 1, min(TRIED, len(usable))).round().astype(int)
    tried = [usable[at] for at in places]
    originals = described(sample.view for sample, _ in tried)

    def attempt(name: str) -> tuple[Verdict, NDArray[np.float32]]:
        donor = folder.load(name)
        identity = swapper.identity(donor)
        treated = [(sample.copied(), five) for sample, five in tried]
        for sample, five in treated:
            swapper.put(sample.frame, five, identity)
        return judged(originals, [sample.view for sample, _ in treated], donor.descriptor), identity

    if settings.donor is not None:
        return Worn(*first_that_passes([settings.donor], attempt))
    skin = _skin([sample for sample, _ in tried])
    patient = Patient(originals.mean(axis=0), skin, settings.sex, settings.age)
    return Worn(*first_that_passes(candidates(patient, folder)[:DONORS], attempt))


def _skin(samples: Sequence[Sample]) -> tuple[float, float, float]:
    """CIE L*a*b* of the middle of the face, median over pixels and samples."""
    rows = []
    for sample in samples:
        (x, y), reach = sample.box.centre, max(int(sample.box.size / 5), 1)
        top, left = max(int(y) - reach, 0), max(int(x) - reach, 0)
        middle = sample.frame.rgb[top : int(y) + reach, left : int(x) + reach].astype(np.float32) / 255
        rows.append(cv2.cvtColor(np.ascontiguousarray(middle), cv2.COLOR_RGB2LAB).reshape(-1, 3))
    light, red, yellow = np.median(np.concatenate(rows), axis=0)
    return float(light), float(red), float(yellow)


def _hashes(store: Store) -> dict[str, str]:
    return {name: str(store.entry(name).sha256)[:12] for name in get_method(NAME).weights}
