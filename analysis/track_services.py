"""Tracks of stored videos: measured once, kept like the video itself, under its participant's keys."""

import io
from typing import TYPE_CHECKING

from analysis.models import Tracks
from cohorts import storage
from cohorts.models import Participant, Recording
from deid.models import Rendition

if TYPE_CHECKING:
    from analysis.algorithms.fidelity.tracks import FaceTracks


def tracks_of(*, video: Recording | Rendition) -> "FaceTracks":
    """The tracks of a recording or a rendition, measured now unless they were before. Workers and commands only."""
    # Heavy libraries load here: the web process imports this module too.
    from analysis.algorithms.fidelity import packing

    kept = storage.open_media(store_tracks(video=video).storage_name)
    try:
        return packing.unpack(kept.read_at(0, kept.size))
    finally:
        kept.close()


def store_tracks(*, video: Recording | Rendition) -> Tracks:
    """Measure a video unless it was measured with the same models. Refused for a participant who withdrew."""
    from analysis.algorithms.fidelity import packing
    from analysis.algorithms.fidelity.tracks import measure_tracks, model_hash

    participant = _participant(video)
    wanted = {"participant": participant, "sha256": video.sha256, "models_hash": model_hash()}
    if (kept := Tracks.objects.filter(**wanted).first()) is not None:
        return kept
    with storage.local_copy(video.storage_name) as path:
        data = packing.pack(measure_tracks(path))
    with storage.stored(io.BytesIO(data), participant=participant) as name:
        kept, new = Tracks.objects.get_or_create(**wanted, defaults={"storage_name": name})
    if not new:  # another worker was faster and kept the same numbers
        storage.remove(name)
    return kept


def _participant(video: Recording | Rendition) -> Participant:
    return video.participant if isinstance(video, Recording) else video.recording.participant
