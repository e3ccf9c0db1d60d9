"""From two renditions to two files that raters cannot tell apart without looking, by way of the worker."""

import io
import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Event
from cohorts import storage
from cohorts.participant_services import record_consent
from deid.leases import LeaseLost, take
from ratings import equal_arms, services, tasks
from ratings import equal_arms_services as encodes
from ratings.models import LastEncode, ShownFile, Study
from tests.factories import (
    CohortFactory,
    OriginalFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    stored,
)
from tests.links import watch
from tests.ratings.build import READY, make_alike, make_raters
from tests.videoio.making import make_video, picture

pytestmark = pytest.mark.django_db
SIZE = (128, 96)


def covered(rgb: np.ndarray) -> np.ndarray:
    """A method of the test: the middle is one grey."""
    rgb = rgb.copy()
    rgb[24:72, 32:96] = 120
    return rgb


def film(folder: Path, name: str, *, n_frames: int = 20, cover: bool = False) -> bytes:
    pictures = [picture(index, SIZE) for index in range(n_frames)]
    return make_video(
        folder / name, ticks=range(0, n_frames * 512, 512), size=SIZE, sound=("aac", 0.0, 0.5),
        pictures=[covered(one) for one in pictures] if cover else pictures,
    ).read_bytes()  # fmt: skip


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> tuple[bytes, bytes, bytes]:
    folder = tmp_path_factory.mktemp("films")
    whole, cover = film(folder, "a.mp4"), film(folder, "b.mp4", cover=True)
    return whole, cover, film(folder, "c.mp4", n_frames=19, cover=True)


@pytest.fixture
def cohort(films):
    """Two recordings with both versions; the files are real ones."""
    cohort = CohortFactory()
    for _ in range(2):
        recording = RecordingFactory(participant=ParticipantFactory(cohort=cohort))
        OriginalFactory(recording=recording, **stored(films[0], recording.participant))
        RenditionFactory(recording=recording, **stored(films[1], recording.participant))
    return cohort


@pytest.fixture
def study(cohort) -> Study:
    return services.create_study(
        name="Pilot", cohort=cohort, method="mask", raters=make_raters(1), actor=None, protocol=READY
    )


def work(study: Study) -> None:
    """What the worker does with the messages it gets."""
    for encode in study.last_encodes.all():
        tasks.last_encode(encode_id=encode.pk)


WAITING = "The versions of {} of 2 recordings still wait for the last encode, which makes them alike."


def test_a_study_waits_for_the_last_encode_and_opens_after_it(study):
    assert equal_arms.reasons(study) == [WAITING.format(2)]
    with pytest.raises(ValidationError, match="wait for the last encode"):
        services.open_study(study=study, actor=None)
    tasks.last_encode(encode_id=study.last_encodes.first().pk)
    assert equal_arms.reasons(study) == [WAITING.format(1)]
    work(study)
    assert equal_arms.reasons(study) == []
    study = services.open_study(study=study, actor=None)
    assert {p.shown_bytes for p in study.presentations.all()} == {f.n_bytes for f in study.shown_files.all()}
    assert Event.objects.filter(verb="study.versions_encoded").count() == 2


@pytest.mark.parametrize("at_rest", ["plain", "encrypted"])
def test_what_raters_get_of_a_pair_differs_in_no_header_and_no_byte_of_the_index(study, sign_in, at_rest, request):
    if at_rest == "encrypted":
        request.getfixturevalue("encrypted")
    work(study)
    services.open_study(study=study, actor=None)
    client = sign_in(study.raters.get())
    for recording in study.cohort.recordings.all():
        bodies, headers = [], set()
        for presentation in study.presentations.filter(recording=recording):
            answer = watch(client, f"/rate/{presentation.pk}/video")
            bodies.append(b"".join(answer.streaming_content))
            headers.add(str(sorted(answer.headers.items())))
        one, other = bodies
        start = one.index(b"mdat")
        assert one[:start] == other[:start]
        assert len(one) == len(other)
        assert one != other
        assert len(headers) == 1
    if at_rest == "encrypted":
        assert not [
            name for name in study.shown_files.values_list("storage_name", flat=True) if storage.plain_path(name)
        ]


def test_versions_that_cannot_be_made_alike_say_why_and_can_be_asked_for_again(study, films):
    recording = study.cohort.recordings.first()
    shorter = RenditionFactory(recording=recording, **stored(films[2], recording.participant))
    encodes.request_last_encodes(study=study)
    work(study)
    (reason,) = equal_arms.reasons(study)
    assert reason.startswith(f"The versions of {recording} could not be encoded alike: the versions of this recording")
    assert "20 pictures and 19 pictures" in reason
    assert not ShownFile.objects.filter(rendition__recording=recording).exists()
    assert encodes.request_last_encodes(study=study) == 0, "the sweeper does not try for ever"
    shorter.storage_name = stored(films[1], recording.participant)["storage_name"]
    shorter.save()
    services.prepare_study(study=study, actor=None)
    work(study)
    assert equal_arms.reasons(study) == []


def test_a_newer_rendition_takes_the_place_of_the_older_one_and_its_files_go(
    study, films, django_capture_on_commit_callbacks
):
    work(study)
    recording = study.cohort.recordings.first()
    old = list(ShownFile.objects.filter(rendition__recording=recording).values_list("storage_name", flat=True))
    newer = RenditionFactory(recording=recording, **stored(films[1], recording.participant))
    assert equal_arms.reasons(study) == [WAITING.format(1)]
    with django_capture_on_commit_callbacks(execute=True):
        assert encodes.sweep_last_encodes() == 1
    for name in old:
        with pytest.raises(FileNotFoundError):
            storage.open_media(name)
    work(study)
    assert newer.pk in equal_arms.files(study)
    assert equal_arms.reasons(study) == []


def test_the_sweeper_asks_for_what_drafts_lack_and_leaves_open_studies_alone(study, films):
    LastEncode.objects.all().delete()
    assert encodes.sweep_last_encodes() == 2
    work(study)
    assert encodes.sweep_last_encodes() == 0
    services.open_study(study=study, actor=None)
    recording = study.cohort.recordings.first()
    RenditionFactory(recording=recording, **stored(films[1], recording.participant))
    assert encodes.sweep_last_encodes() == 0
    assert encodes.request_last_encodes(study=study) == 0
    assert study.shown_files.count() == 4


def test_a_recording_that_comes_after_the_opening_is_encoded_and_what_is_shown_stays(study, films):
    work(study)
    services.open_study(study=study, actor=None)
    before = set(study.shown_files.values_list("storage_name", flat=True))
    late = RecordingFactory(participant=ParticipantFactory(cohort=study.cohort))
    versions = [
        OriginalFactory(recording=late, **stored(films[0], late.participant)),
        RenditionFactory(recording=late, **stored(films[1], late.participant)),
    ]
    assert "still wait for the last encode" in equal_arms.reasons(study, {late: versions})[0]
    assert encodes.request_last_encodes(study=study) == 1
    work(study)
    assert equal_arms.reasons(study, {late: versions}) == []
    after = set(study.shown_files.values_list("storage_name", flat=True))
    assert before < after
    assert len(after) == 6
    services.close_study(study=study, actor=None)
    assert encodes.request_last_encodes(study=study) == 0


def test_a_worker_that_lost_its_lease_keeps_nothing(study, media):
    encode = take(LastEncode.objects.all(), study.last_encodes.first().pk)
    LastEncode.objects.filter(pk=encode.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert take(LastEncode.objects.all(), encode.pk) is not None, "another worker takes it over"
    before = sorted(path for path in media.rglob("*") if path.is_file())
    encode.progress = 0
    from threading import Event as Signal

    with pytest.raises(LeaseLost):
        encodes.equalise(job=encode, lost=Signal())
    assert sorted(path for path in media.rglob("*") if path.is_file()) == before
    assert not ShownFile.objects.exists()


def test_a_doubled_message_makes_one_pair_of_files(study):
    work(study)
    names = set(study.shown_files.values_list("storage_name", flat=True))
    work(study)
    assert set(study.shown_files.values_list("storage_name", flat=True)) == names
    assert len(names) == 4


def test_without_consent_to_rating_the_worker_refuses(study):
    encode = study.last_encodes.first()
    record_consent(
        participant=encode.recording.participant, scopes=["research"], given=False, on=timezone.localdate(),
        version="1.0", actor=None,
    )  # fmt: skip
    encode.refresh_from_db()
    assert encode.state == LastEncode.State.CANCELLED
    LastEncode.objects.filter(pk=encode.pk).update(state=LastEncode.State.QUEUED)
    tasks.last_encode(encode_id=encode.pk)
    encode.refresh_from_db()
    assert (encode.state, "no consent" in encode.error) == (LastEncode.State.FAILED, True)


@pytest.mark.parametrize(
    ("traits", "told"), [({"metadata": "title=PD-001"}, "metadata"), ({"n_frames": 3, "times": "a"}, "n_frames, times")]
)
def test_files_that_tell_without_being_looked_at_keep_a_study_shut(study, traits, told):
    make_alike(study)
    assert equal_arms.reasons(study) == []
    shown = study.shown_files.first()
    ShownFile.objects.filter(pk=shown.pk).update(traits=traits)
    (reason,) = equal_arms.reasons(study)
    assert reason.endswith(f"could be told apart without being looked at, by: {told}.")
    with pytest.raises(ValidationError, match="could be told apart"):
        services.open_study(study=study, actor=None)


def test_a_file_that_is_missing_keeps_a_study_shut(study):
    make_alike(study)
    study.shown_files.first().delete()
    assert "a file that is missing" in equal_arms.reasons(study)[0]


@pytest.mark.parametrize("change", [{"state": "running"}, {"state": "failed"}, {"progress": 2}])
def test_the_database_refuses_an_impossible_last_encode(study, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        study.last_encodes.update(**change)


# --- the scan


def scanned(study: Study, *more: str) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("scan_study", str(study.pk), *more, stdout=out)
    except CommandError as error:
        return out.getvalue() + str(error), error.returncode
    return out.getvalue(), 0


def test_the_scan_of_equal_files_passes_and_says_how_little_two_pairs_show(study, tmp_path):
    work(study)
    text, status = scanned(study, "--json", str(tmp_path / "scan.json"))
    assert status == 0
    assert "The files themselves are equal in every pair" in text
    assert "With 2 pairs the test cannot reject at 0.01: its smallest p is 0.5" in text
    told = json.loads((tmp_path / "scan.json").read_text())["mask"]
    assert (told["passes"], told["unequal"], told["n_pairs"]) == (True, [], 2)
    assert {"face", "rest", "seam", "coded"} == {one["kind"] for one in told["results"]}
    assert Event.objects.filter(verb="study.scanned").count() == 1


def test_the_scan_finds_a_file_that_was_not_encoded_last(study, films):
    """The files are measured anew: what the rows say is not believed."""
    work(study)
    shown = study.shown_files.exclude(rendition__method="original").first()
    name = storage.store(io.BytesIO(films[1]), participant=shown.rendition.recording.participant)
    ShownFile.objects.filter(pk=shown.pk).update(storage_name=name, n_bytes=len(films[1]))
    text, status = scanned(study)
    assert status == 1
    assert "NOT EQUAL" in text
    for trait in ("n_bytes", "sample_sizes", "index", "header Content-Length"):
        assert f"recording 1: {trait} is " in text


@pytest.mark.parametrize(("named", "told"), [("999999", "there is no study '999999'"), ("Pilots", "there is no study")])
def test_a_study_that_is_not_there(study, named, told):
    with pytest.raises(CommandError, match=told) as refused:
        call_command("scan_study", named)
    assert refused.value.returncode == 2


def test_a_study_without_its_files_is_not_scanned(study):
    text, status = scanned(study)
    assert status == 2
    assert "still wait for the last encode, which makes them alike. Scan it once that is done." in text
