"""Tracks of stored videos: measured once, kept like the video itself, under its participant's keys."""

import hashlib
import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.models import Tracks
from cohorts import storage
from cohorts.models import Participant, Recording
from deid.models import Rendition
from deid.weights import model_store

if TYPE_CHECKING:
    from analysis.algorithms.fidelity.tracks import FaceTracks

Tell = Callable[[int], None]  # is told the number of frames done; what it raises ends the work


def tracks_of(*, video: Recording | Rendition, tell: Tell | None = None) -> "FaceTracks":
    """The tracks of a recording or a rendition, measured now unless they were before. Workers and commands only."""
    return _read(store_tracks(video=video, tell=tell))


def tracks_of_ceiling(*, recording: Recording, reencoded: Path, tell: Tell | None = None) -> "FaceTracks":
    """The same of the re-encoded original, which is not kept itself; measured once for each way of encoding.

    Its own hash would not do: files that are encoded alike differ in some bytes.
    """
    from videoio.write import EncodeSettings

    name = f"re-encoded {recording.sha256} {EncodeSettings().fingerprint()}"
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return _read(_stored(recording.participant, sha256, nullcontext(reencoded), tell))


def store_tracks(*, video: Recording | Rendition, tell: Tell | None = None) -> Tracks:
    """Measure a video unless it was measured with the same models. Refused for a participant who withdrew."""
    participant = video.participant if isinstance(video, Recording) else video.recording.participant
    return _stored(participant, video.sha256, storage.local_copy(video.storage_name), tell)


def _stored(participant: Participant, sha256: str, file: AbstractContextManager[Path], tell: Tell | None) -> Tracks:
    # Heavy libraries load here: the web process imports this module too.
    from analysis.algorithms.fidelity import packing
    from analysis.algorithms.fidelity.tracks import measure_tracks, model_hash
    from faces import arcface

    describer = arcface.in_store(model_store())
    wanted = {"participant": participant, "sha256": sha256, "models_hash": model_hash(describer=describer)}
    if (kept := Tracks.objects.filter(**wanted).first()) is not None:
        return kept
    with file as path:
        data = packing.pack(measure_tracks(path, progress=tell, describer=describer))
    with storage.stored(io.BytesIO(data), participant=participant) as name:
        kept, new = Tracks.objects.get_or_create(**wanted, defaults={"storage_name": name})
    if not new:  # another worker was faster and kept the same numbers
        storage.remove(name)
    return kept


def _read(tracks: Tracks) -> "FaceTracks":
    from analysis.algorithms.fidelity import packing

    kept = storage.open_media(tracks.storage_name)
    try:
        return packing.unpack(kept.read_at(0, kept.size), whole_mesh=False)
    finally:
        kept.close()
