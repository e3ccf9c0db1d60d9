"""Finding the patient in a clip: his face in every frame, where it can be trusted, and pictures to learn from."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from deid.algorithms.method import ClipTracks
from deid.algorithms.methods.motionmesh.describing import described
from deid.algorithms.methods.motionmesh.following import Followed, Sample, follow, main_tracks
from deid.algorithms.methods.motionmesh.trial import spread
from deid.algorithms.methods.motionmesh.trust import Trust, judge
from deid.algorithms.methods.motionmesh.watching import Watch
from deid.algorithms.tracks import Track
from faces.dlib_backend import SAME_PERSON
from faces.hands import Hands
from faces.mesh import FaceMesh
from videoio.frames import Colour, to_rgb

SAME_TRACK = SAME_PERSON - 0.1  # a later track goes on with the patient's face when it is as near as this
Lab = tuple[float, float, float]
CHEEKS = (50, 280, 117, 346, 123, 352)


@dataclass(frozen=True, slots=True)
class PatientFace:
    """The patient's face in a clip.

    `tracks` are the numbers of those that show him; `usable` the frames in which his mesh is trusted; `samples` are
    empty where no frame can be.
    """

    tracks: frozenset[int]
    trust: Trust
    followed: Followed
    usable: list[int]
    samples: list[Sample]

    def skin(self, colour: Colour) -> Lab:
        """CIE L*a*b* of the cheeks, median over frames."""
        values = np.median(self.followed.colours[self.usable][:, list(CHEEKS)].reshape(-1, 3), axis=0)
        rounded = values.round().astype(np.uint8)
        luma, blue, red = (
            np.full((side, side), value, np.uint8) for side, value in zip((2, 1, 1), rounded, strict=True)
        )
        rgb = to_rgb((luma, blue, red), colour)[:1, :1].astype(np.float32) / 255
        light, a, b = (float(value) for value in cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[0, 0])
        return light, a, b


def find_patient(clip: ClipTracks, *, min_face: float, max_turn: float) -> PatientFace:
    """Follow the face that the clip is about.

    Parameters
    ----------
    min_face : pixels, the width under which a face is not trusted
    max_turn : degrees to the side from which on it is not
    """
    tracks = main_tracks(clip.plan, clip.times)
    followed = _followed(clip, tracks)
    trust = judge(followed, clip.times, min_face=min_face, max_turn=max_turn)
    samples = [sample for sample in followed.samples if not trust.reasons[sample.index]]
    numbers = frozenset(track.number for track in tracks)
    if samples:
        numbers, samples = _one_person(tracks[0].number, numbers, samples)
    usable = [
        index for index, why in enumerate(trust.reasons) if not why and followed.tracks.get(index) in numbers
    ]  # fmt: skip
    return PatientFace(numbers, trust, followed, usable, samples)


def _followed(clip: ClipTracks, tracks: Sequence[Track]) -> Followed:
    """What was watched during the survey where that was the patient's face; else the clip is read once more."""
    if isinstance(clip.watched, Watch) and (found := clip.watched.followed(clip.plan, tracks)) is not None:
        return found
    with FaceMesh() as mesh, Hands() as hands:
        return follow(clip.source, clip.plan, tracks, mesh.landmarks, hands.points)


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
