"""Tracks in the media storage: measured once for each content, and gone with the person."""

import base64
import hashlib
import io

import numpy as np
import pytest
from django.core.exceptions import ValidationError

from accounts.models import Role
from analysis import track_services
from analysis.models import Tracks
from cohorts import storage, withdrawal
from cohorts.encryption import new_key
from tests.factories import ParticipantFactory, RecordingFactory, RenditionFactory, UserFactory
from tests.videoio.making import make_video

pytestmark = pytest.mark.django_db


def stored(path, participant):
    content = path.read_bytes()
    return {
        "storage_name": storage.store(io.BytesIO(content), participant=participant),
        "sha256": hashlib.sha256(content).hexdigest(), "n_bytes": len(content), "participant": participant,
    }  # fmt: skip


@pytest.fixture
def recording(tmp_path):
    return RecordingFactory(**stored(make_video(tmp_path / "a.mp4"), ParticipantFactory()))


def test_a_recording_is_measured_once_whoever_asks(recording):
    track_services.store_tracks(video=recording)
    kept = Tracks.objects.get()
    assert (kept.participant, kept.sha256) == (recording.participant, recording.sha256)
    track_services.store_tracks(video=recording)
    assert Tracks.objects.get().made_at == kept.made_at
    found = track_services.tracks_of(video=recording)
    assert found.n_frames == len(found.times) > 0
    assert np.isnan(found.points).all()


def test_a_rendition_is_measured_under_its_own_content(recording, tmp_path):
    other = stored(make_video(tmp_path / "b.mp4", ticks=range(0, 7 * 512, 512)), recording.participant)
    other.pop("participant")
    rendition = RenditionFactory(recording=recording, **other)
    track_services.store_tracks(video=rendition)
    assert Tracks.objects.get().sha256 == rendition.sha256
    assert track_services.tracks_of(video=rendition).n_frames == 7


def test_tracks_are_sealed_and_destroyed_with_their_participant(settings, tmp_path):
    """They hold descriptors of the face: a withdrawal that left them would leave who it was."""
    settings.MEDIA_ENCRYPTION_KEY = base64.b64encode(new_key()).decode()
    coordinator = UserFactory(role=Role.COORDINATOR)
    participant = ParticipantFactory()
    participant.cohort.coordinators.add(coordinator)
    recording = RecordingFactory(**stored(make_video(tmp_path / "a.mp4"), participant))
    name = track_services.store_tracks(video=recording).storage_name
    with storage.default_storage.open(name) as sealed:
        assert not sealed.read().startswith(b"PK")  # an .npz is a zip archive
    receipt = withdrawal.withdraw_participant(participant=participant, code=participant.code, actor=coordinator)
    assert "tracks" in [file["kind"] for file in receipt.destroyed]
    assert not storage.default_storage.exists(name)
    recording.refresh_from_db()
    with pytest.raises((FileNotFoundError, ValidationError)):
        track_services.tracks_of(video=recording)
