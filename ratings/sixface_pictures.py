"""Pictures of participants and donors for trials, and the one picture that six of them become. For workers."""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.core.exceptions import ValidationError

from cohorts import storage
from cohorts.consent import validate_consent
from cohorts.models import Participant, Recording
from deid.algorithms.registry import get_method
from deid.donor_queries import accepted_donors
from deid.donor_services import read_photograph
from deid.models import Rendition
from ratings.algorithms.sixface.controls import Person
from ratings.algorithms.sixface.roles import N_COLUMNS, Face, Role, Trial
from ratings.sixface_access import SHOWN_WITH

if TYPE_CHECKING:
    from ratings.algorithms.sixface.standardise import Shot

COVERED = "covered"  # state of frames that a method treated; others are masked, and would tell
MARGIN = 0.8  # of the face's size, kept around it
JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class Seen:
    """A participant's three pictures: the original at two moments, the rendition at the second."""

    person: Person
    recording: Recording
    rendition: int
    donor: str
    originals: "tuple[Shot, Shot]"
    deidentified: "Shot"
    frames: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Made:
    """A trial's picture; of each face what it was made from and the hash of its picture alone, as a PNG."""

    path: Path
    sources: tuple[str, ...]
    sha256: tuple[str, ...]
    gaps: dict[str, float]


@dataclass(slots=True)
class Gallery:
    """Everybody of whom there are pictures, and why there are none of others."""

    seen: dict[int, Seen] = field(default_factory=dict)
    reasons: list[list[str]] = field(default_factory=list)
    donors: "dict[str, Shot]" = field(default_factory=dict)
    owners: dict[str, int] = field(default_factory=dict)  # participants whose face a donor is

    def leave_out(self, recording: Recording, why: str) -> None:
        self.reasons.append([str(recording), why])

    def add(self, rendition: Rendition) -> None:
        """Pictures of one participant and of the donor; where there are none it is kept why."""
        from deid.algorithms.donors import BadDonors
        from ratings.algorithms.sixface.frames import NoFrame
        from ratings.algorithms.sixface.standardise import Rejected
        from videoio.errors import MediaError

        recording = rendition.recording
        try:
            donor = self._donor(rendition.worn_donor)
            seen = _seen(rendition, donor)
        except (NoFrame, Rejected, MediaError, BadDonors, FileNotFoundError) as why:
            self.leave_out(recording, str(why))
        except ValidationError as why:
            self.leave_out(recording, " ".join(why.messages))
        else:
            self.seen[recording.participant_id] = seen

    def _donor(self, name: str) -> str:
        """The donor's name, once there is a picture of it."""
        from deid.algorithms.donors import DonorFolder
        from ratings.algorithms.sixface.shots import donor_shot

        if not name or name in self.donors:
            return name
        folder, own = DonorFolder.open(), accepted_donors().filter(name=name).first()
        if own is not None:
            folder = folder.with_own(read_photograph(own))
        worn = folder.load(name)
        # Whoever lent a face is in every trial that shows or wears it.
        lender = Participant.objects.filter(own_donors__name=name).first()
        if lender is not None:
            for scope in SHOWN_WITH:
                validate_consent(lender, scope)
            self.owners[name] = lender.pk
        self.donors[name] = donor_shot(worn)
        return name

    def shot(self, face: Face) -> "Shot":
        if face.role == Role.SOURCE:
            return self.donors[face.donor]
        seen = self.seen[face.participant]
        return seen.deidentified if face.role == Role.DEIDENTIFIED else seen.originals[face.moment]

    def source(self, face: Face) -> str:
        """What a face was made from, for the key."""
        if face.role == Role.SOURCE:
            return f"donor {face.donor}"
        seen = self.seen[face.participant]
        what = f"rendition {seen.rendition}" if face.role == Role.DEIDENTIFIED else f"recording {seen.recording.pk}"
        return f"{what} frame {seen.frames[face.moment]}"

    def participants_in(self, trial: Trial) -> set[int]:
        lenders = {self.owners[face.donor] for face in trial.faces if face.donor in self.owners}
        return set(trial.participants) | lenders


def _seen(rendition: Rendition, donor: str) -> Seen:
    """Read both videos and choose the moments."""
    from faces.dlib_backend import descriptor
    from ratings.algorithms.sixface import frames
    from ratings.algorithms.sixface.shots import original_shot, rendition_shot
    from ratings.algorithms.sixface.standardise import check_size

    recording = rendition.recording
    treated = {n for first, last, state in rendition.runs if state == COVERED for n in range(first, last + 1)}
    obscured = not get_method(rendition.method).uses_donor
    with storage.local_copy(recording.storage_name) as original, storage.local_copy(rendition.storage_name) as made:
        chosen = frames.moments(frames.looks(original), second_among=treated)
        first, second = original_shot(original, chosen.first), original_shot(original, chosen.second)
        deidentified = rendition_shot(made, chosen.second, obscured=obscured)
    for shot in (first, second, deidentified):
        check_size(shot)  # or every trial about the participant would be rejected
    described = descriptor(first.rgb)
    person = Person(
        recording.participant_id, recording.participant.sex, recording.age,
        () if described is None else tuple(described.tolist()),
    )  # fmt: skip
    return Seen(
        person, recording, rendition.pk, donor, (_around(first), _around(second)), _around(deidentified),
        (chosen.first.index, chosen.second.index),
    )  # fmt: skip


def _around(shot: "Shot") -> "Shot":
    """The face with some of what is around it: whole frames of everybody would fill the memory."""
    points = shot.mesh[:, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    room = MARGIN * float((high - low).max())
    left, top = np.maximum(np.floor(low - room), 0).astype(int)
    right, bottom = np.ceil(high + room).astype(int)
    moved = shot.mesh.copy()
    moved[:, :2] -= (left, top)
    return replace(shot, rgb=np.ascontiguousarray(shot.rgb[top:bottom, left:right]), mesh=moved)


def sheet_of(gallery: Gallery, trial: Trial, *, seed: str, path: Path) -> Made:
    """Standardise the six and write them as one picture, three beside three.

    Raises
    ------
    Rejected : the six cannot be made alike
    """
    import cv2

    from ratings.algorithms.sixface.standardise import standardise

    done = standardise([gallery.shot(face) for face in trial.faces], seed=seed)
    rows = [np.hstack(done.pictures[at : at + N_COLUMNS]) for at in range(0, len(done.pictures), N_COLUMNS)]
    sheet = np.vstack(rows)
    settings = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111]  # 4:4:4
    written, data = cv2.imencode(".jpg", sheet[..., ::-1], settings)
    if not written:
        raise ValueError(f"a picture of shape {sheet.shape} cannot be written as JPEG")
    path.write_bytes(data.tobytes())
    sources = tuple(gallery.source(face) for face in trial.faces)
    hashes = tuple(hashlib.sha256(file).hexdigest() for file in done.files())
    return Made(path, sources, hashes, dict(done.gaps))
