"""Tracks of stored videos: measured once, kept in the media storage by content and models, like the video itself."""

from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from cohorts.models import Recording
from cohorts.storage import local_copy
from deid.models import Rendition

if TYPE_CHECKING:
    from analysis.algorithms.fidelity.tracks import FaceTracks


def tracks_of(*, video: Recording | Rendition) -> "FaceTracks":
    """The tracks of a recording or a rendition, measured now unless they were before. Workers and commands only."""
    # Heavy libraries load here: the web process imports this module too.
    from analysis.algorithms.fidelity import packing

    name = store_tracks(video=video)
    with default_storage.open(name) as kept:
        return packing.unpack(kept.read())


def store_tracks(*, video: Recording | Rendition) -> str:
    """Measure a video unless it was measured with the same models; returns the storage name of its tracks."""
    from analysis.algorithms.fidelity import packing
    from analysis.algorithms.fidelity.tracks import measure_tracks, model_hash

    name = f"tracks/{video.sha256[:2]}/{video.sha256}-{model_hash()}.npz"
    if default_storage.exists(name):
        return name
    with local_copy(video.storage_name) as path:
        data = packing.pack(measure_tracks(path))
    saved = default_storage.save(name, ContentFile(data))
    if saved != name:  # another worker was faster and kept the same numbers
        default_storage.delete(saved)
    return name
