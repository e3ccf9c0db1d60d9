"""Measuring: asked for by the rows themselves, done once by one worker, stopped and forgotten with the person."""

import hashlib
import io

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Role
from analysis import measurement_services as services
from analysis import tasks
from analysis.models import Measurement, Series, Tracks
from analysis.series_services import read_series
from cohorts import storage, withdrawal
from cohorts.vocabulary import Scope
from deid.algorithms.engine import deidentify
from deid.algorithms.phantom.record import write_phantom
from deid.leases import take
from deid.models import Rendition
from tests.factories import (
    OriginalFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    UserFactory,
    consent,
)
from tests.phantoms import make_phantom
from tests.videoio.making import make_video

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def long_leases(settings):
    """The heartbeat's thread sees nothing of a test's transaction: it does not come to beat here."""
    settings.JOB_LEASE_SECONDS = 600


def file(path, participant):
    content = path.read_bytes()
    return {
        "storage_name": storage.store(io.BytesIO(content), participant=participant),
        "sha256": hashlib.sha256(content).hexdigest(), "n_bytes": len(content), "n_frames": 30,
    }  # fmt: skip


@pytest.fixture
def recording(tmp_path):
    """A video of thirty frames without a face."""
    participant = ParticipantFactory()
    return RecordingFactory(participant=participant, **file(make_video(tmp_path / "a.mp4"), participant))


@pytest.fixture
def rendition(recording, tmp_path, settings):
    settings.STRANGERS_FOLDER = tmp_path / "nobody"
    copy = make_video(tmp_path / "b.mp4", options={"crf": "20"})
    return RenditionFactory(recording=recording, **file(copy, recording.participant))


def measured(**of):
    services.request_missing()
    row = Measurement.objects.get(**of)
    tasks.measure(measurement_id=row.pk)
    row.refresh_from_db()
    return row


def test_what_is_stored_is_asked_for_once_and_a_blinded_original_never(recording):
    released = RenditionFactory(recording=recording)
    waiting = RenditionFactory(recording=recording, method="blur", state=Rendition.State.IN_REVIEW)
    OriginalFactory(recording=recording)
    RenditionFactory(recording=recording, state=Rendition.State.SUPERSEDED)
    assert services.request_missing() == 3
    assert set(Measurement.objects.values_list("recording", "rendition")) == {
        (recording.pk, None), (None, released.pk), (None, waiting.pk),
    }  # fmt: skip
    assert services.request_missing() == 0


def test_nobody_is_measured_without_consent_to_research(recording):
    consent(recording.participant, Scope.RESEARCH, given=False)
    assert services.request_missing() == 0
    consent(recording.participant, Scope.RESEARCH)
    assert services.request_missing() == 1
    consent(recording.participant, Scope.RESEARCH, given=False)
    assert not Measurement.objects.exists()  # what had not begun is not done any more
    consent(recording.participant, Scope.RESEARCH)
    assert services.request_missing() == 1


def test_a_recording_is_measured_by_the_first_worker_alone(recording):
    row = measured(recording=recording)
    assert (row.state, row.attempts, row.progress) == (Measurement.State.DONE, 1, 1)
    assert Tracks.objects.get().sha256 == recording.sha256
    tasks.measure(measurement_id=row.pk)  # the doorbell rang twice
    row.refresh_from_db()
    assert row.attempts == 1


def test_a_rendition_is_measured_against_its_original_and_its_ceiling(tmp_path, settings):
    """A phantom under a mask: nothing of its face moves or leaks, and what re-encoding keeps is the ceiling."""
    settings.STRANGERS_FOLDER = tmp_path / "nobody"
    source, target = tmp_path / "a.mp4", tmp_path / "b.mp4"
    write_phantom(make_phantom(size=192, seconds=1.2, seed=3, tremor_amplitude=0.02), source)
    certificate = deidentify(source, target, method="mask")
    participant = ParticipantFactory()
    recording = RecordingFactory(participant=participant, **file(source, participant))
    rendition = RenditionFactory(recording=recording, certificate=certificate.to_dict(), **file(target, participant))
    row = measured(rendition=rendition)
    assert (row.state, row.error) == (Measurement.State.DONE, "")
    metrics, ceiling = row.report["metrics"], row.report["ceiling"]
    assert "no face in the rendition" in metrics["dynamics"]["unavailable"]
    assert metrics["leak_heads"]["n_equal"] == 0 < metrics["leak_heads"]["n_pixels"]
    assert "portraits of other people" in metrics["rank"]["unavailable"]
    assert ceiling["dynamics"]["r_cca"] > 0.8
    assert ceiling["to_original"]["mean"] < 0.2
    assert "pairs" not in ceiling
    assert "frame_oks" not in ceiling["body_coco"]  # long: kept in the series
    assert "no face in the rendition" in row.report["drawn"]["pairs"]["unavailable"]
    assert len(row.report["drawn"]["pairs_ceiling"]["r_cca"]) == 4 * 1275 // 3
    kept = read_series(Series.objects.get(rendition=rendition))
    assert len(kept["lids"]["original"]["values"]) == 36  # 1.2 s at 30 frames a second
    assert "unavailable" in kept["lids"]["rendition"]
    assert Tracks.objects.filter(participant=participant).count() == 3  # with the re-encoded original's
    services.measure_again(rendition=rendition, actor=UserFactory())
    tasks.measure(measurement_id=row.pk)
    assert Tracks.objects.count() == 3  # each video once, though the original was re-encoded anew


def test_a_video_that_cannot_be_read_is_a_state_with_a_sentence(recording):
    broken = RenditionFactory(recording=recording)  # random bytes
    row = measured(rendition=broken)
    assert row.state == Measurement.State.FAILED
    assert "video" in row.error
    again = services.measure_again(rendition=broken, actor=UserFactory())
    assert (again.state, again.error) == (Measurement.State.QUEUED, "")
    with pytest.raises(ValidationError, match="is being measured"):
        services.measure_again(rendition=broken, actor=UserFactory())


def test_the_sweeper_rings_for_a_few_at_a_time_and_ends_what_never_gets_through(recording, settings):
    for _ in range(6):
        RenditionFactory(recording=recording)
    services.request_missing()
    assert services.sweep_measurements() == services.RUNG
    Measurement.objects.update(attempts=settings.JOB_MAX_ATTEMPTS)
    assert services.sweep_measurements() == 0
    assert set(Measurement.objects.values_list("state", flat=True)) == {"failed"}
    assert "ended 50 times" in Measurement.objects.first().error


def test_a_withdrawal_stops_the_worker_and_leaves_no_numbers(rendition):
    coordinator = UserFactory(role=Role.COORDINATOR)
    participant = rendition.recording.participant
    participant.cohort.coordinators.add(coordinator)
    done = measured(recording=rendition.recording)
    running = take(Measurement.objects.all(), Measurement.objects.get(rendition=rendition).pk)
    withdrawal.withdraw_participant(participant=participant, code=participant.code, actor=coordinator)
    assert not Measurement.objects.filter(pk__in=[done.pk, running.pk]).exists()
    tasks.measure(measurement_id=running.pk)
    assert services.request_missing() == 0


def test_a_worker_that_lost_its_row_keeps_nothing(rendition, monkeypatch):
    """The consent ends while it works: what it has in hand is thrown away."""
    services.request_missing()
    row = Measurement.objects.get(rendition=rendition)
    real = services.finish_measurement

    def late(**given):
        consent(rendition.recording.participant, Scope.RESEARCH, given=False)
        real(**given)

    monkeypatch.setattr("analysis.measuring.finish_measurement", late)
    tasks.measure(measurement_id=row.pk)
    assert not Measurement.objects.exists()
