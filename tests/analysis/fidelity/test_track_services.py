"""Tracks in the media storage: measured once for each content, by tasks that take an id."""

import hashlib
import io

import numpy as np
import pytest
from django.core.files.storage import default_storage

from analysis import tasks, track_services
from cohorts import storage
from tests.factories import RecordingFactory, RenditionFactory
from tests.videoio.making import make_video

pytestmark = pytest.mark.django_db


def stored(path):
    content = path.read_bytes()
    return {
        "storage_name": storage.store(io.BytesIO(content)), "sha256": hashlib.sha256(content).hexdigest(),
        "n_bytes": len(content),
    }  # fmt: skip


@pytest.fixture
def recording(tmp_path):
    return RecordingFactory(**stored(make_video(tmp_path / "a.mp4")))


def kept():
    folders = default_storage.listdir("tracks")[0]
    return [name for folder in folders for name in default_storage.listdir(f"tracks/{folder}")[1]]


def test_a_recording_is_measured_once_whoever_asks(recording, media):
    tasks.measure_recording(recording_id=recording.pk)
    names = kept()
    assert len(names) == 1
    assert names[0].startswith(recording.sha256)
    written = default_storage.get_modified_time(f"tracks/{recording.sha256[:2]}/{names[0]}")
    tasks.measure_recording(recording_id=recording.pk)
    found = track_services.tracks_of(video=recording)
    assert kept() == names
    assert default_storage.get_modified_time(f"tracks/{recording.sha256[:2]}/{names[0]}") == written
    assert found.n_frames == len(found.times) > 0
    assert np.isnan(found.points).all()


def test_a_rendition_is_measured_under_its_own_content(recording, tmp_path):
    other = stored(make_video(tmp_path / "b.mp4", ticks=range(0, 7 * 512, 512)))
    rendition = RenditionFactory(recording=recording, **other)
    tasks.measure_rendition(rendition_id=rendition.pk)
    assert [name.split("-")[0] for name in kept()] == [rendition.sha256]
    assert track_services.tracks_of(video=rendition).n_frames == 7
