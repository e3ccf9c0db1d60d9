"""Withdrawal of one participant: afterwards no trace of the face is left, anywhere."""

import hashlib
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import connection
from django.utils import timezone

from accounts.models import Role
from analysis import queries as results
from audit.models import Event
from cohorts import keys, quarantine, storage, tasks, withdrawal
from cohorts import services as cohorts
from cohorts import upload_services as uploads
from cohorts.encryption import Unsealed
from cohorts.models import ClinicalState, Participant, Recording, StoredFile, Upload, Withdrawal
from cohorts.participant_services import describe_recording
from config.env import new_key
from deid import rendering
from deid import services as deid
from deid.leases import LeaseLost, claim
from deid.models import DonorAssignment, Job, OwnDonor, Rendition
from ratings import services
from ratings.member_services import add_member
from ratings.models import LastEncode, Presentation, Rating, ShownFile
from tests.factories import (
    JobFactory,
    OriginalFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    UserFactory,
)
from tests.links import link, watch
from tests.media_files import write_video
from tests.ratings.build import READY, make_alike, make_cohort, make_raters, open_alike, rate, rate_all

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[False, True], ids=["plain", "encrypted"], autouse=True)
def at_rest(request) -> None:
    if request.param:
        request.getfixturevalue("encrypted")


@pytest.fixture
def client(sign_in):
    return sign_in(Role.COORDINATOR)


def video(folder: Path, seed: int) -> dict:
    """A real clip as the fields of a row."""
    content = write_video(folder / f"{seed}.mp4", seed=seed).read_bytes()
    return {"content": content, "sha256": hashlib.sha256(content).hexdigest(), "n_bytes": len(content)}


def stored(clip: dict, participant: Participant) -> dict:
    name = storage.store(io.BytesIO(clip["content"]), participant=participant)
    return {"storage_name": name, "sha256": clip["sha256"], "n_bytes": clip["n_bytes"]}


class World:
    """A cohort with an open study of three, one of whom has everything that a withdrawal must find."""

    def __init__(self, coordinator, folder: Path) -> None:
        folder.mkdir()
        self.coordinator, self.folder = coordinator, folder
        self.cohort = make_cohort(2, coordinator=coordinator)
        self.participant = ParticipantFactory(cohort=self.cohort, code="PD-777", sex="f", diagnosis="parkinson")
        self.clips = [video(folder, seed) for seed in range(6)]
        original, shared, again, waiting, photograph, worn = self.clips
        self.recording = RecordingFactory(participant=self.participant, **stored(original, self.participant))
        OriginalFactory(recording=self.recording, **stored(again, self.participant))
        self.rendition = RenditionFactory(recording=self.recording, **stored(shared, self.participant))
        describe_recording(
            recording=self.recording, age=70, motor_state="on", minutes_since_levodopa=30, stimulation="none",
            hoehn_yahr=None, actor=coordinator,
        )  # fmt: skip
        self.jobs = [JobFactory(recording=self.recording, method="blur"), claim(self._running().pk)]
        self.upload = uploads.receive_upload(
            cohort=self.cohort, code="PD-777", task="gait", content=File(io.BytesIO(waiting["content"]), name="x"),
            actor=coordinator,
        )  # fmt: skip
        self._lend_the_face(photograph, worn)
        self.study = open_alike(
            study=services.create_study(
                name="Pilot",
                cohort=self.cohort,
                method="mask",
                raters=make_raters(1),
                actor=coordinator,
                seed=7,
                protocol=READY,
            ),
            actor=coordinator,
        )
        self.rater = self.study.raters.get()
        deid.export_rendition(rendition=self.rendition, actor=coordinator)

    def _running(self) -> Job:
        return JobFactory(recording=self.recording, method="pixelate")

    def _lend_the_face(self, photograph: dict, worn: dict) -> None:
        """The participant is a donor too, and somebody else wears the face."""
        self.donor = OwnDonor.objects.create(
            name="own-one", sex="f", age=40, consent="sheet 1", consented_on="2026-01-31", state="accepted",
            participant=self.participant, added_by=self.coordinator, arrays={"mesh": [[1.5, 2.5]]},
            storage_name=stored(photograph, self.participant)["storage_name"],
        )  # fmt: skip
        self.wearer = RecordingFactory(participant=ParticipantFactory(cohort=self.cohort))
        DonorAssignment.objects.create(participant=self.wearer.participant, donor="own-one")
        report = {"runs": [[0, 99, "covered"]], "run_times": [[0, 4]], "method_report": {"donor": "own-one"}}
        self.worn = RenditionFactory(
            recording=self.wearer, method="motionmesh", certificate=report, **stored(worn, self.wearer.participant)
        )
        self.wearing = JobFactory(recording=self.wearer, method="motionmesh")

    def own(self):
        return Presentation.objects.filter(recording=self.recording)

    def encoded(self):
        return ShownFile.objects.filter(rendition__recording=self.recording)

    def withdraw(self) -> Withdrawal:
        return withdrawal.withdraw_participant(participant=self.participant, code="PD-777", actor=self.coordinator)


@pytest.fixture
def world(client, tmp_path: Path) -> World:
    return World(client.user, tmp_path / "made")


def settled(settings) -> None:
    """As if the time in which a worker could still be writing were over."""
    settings.JOB_LEASE_SECONDS = 0


# --- no trace


def files_of(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file())


def plays(path: Path) -> bool:
    try:
        with av.open(str(path)) as container:
            return any(True for _ in container.decode(video=0))
    except (av.error.FFmpegError, ValueError, IndexError):
        return False


def readable(name: str) -> bytes | None:
    try:
        opened = storage.open_media(name)
        return opened.read_at(0, opened.size)
    except FileNotFoundError:
        return None


def everything_in_the_database() -> str:
    rows = []
    with connection.cursor() as cursor:
        tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
        for table in [*tables, "cache"]:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names of our own tables
            rows += [" ".join(_text(value) for value in row) for row in cursor.fetchall()]
    return "\n".join(rows)


def _text(value: object) -> str:
    return bytes(value).hex() if isinstance(value, memoryview | bytes) else str(value)


def test_no_trace_of_the_face_is_left(world: World, client, media: Path, settings, tmp_path: Path):
    """Walk all files for the clips by hash and by decoding, and all tables for what describes the face."""
    names = [*Recording.objects.filter(participant=world.participant).values_list("storage_name", flat=True)]
    names += Rendition.objects.filter(recording=world.recording).values_list("storage_name", flat=True)
    names += [world.donor.storage_name, world.worn.storage_name]
    quarantined = quarantine.path_of(world.upload.quarantine_name)
    contents = {clip["sha256"] for clip in world.clips}
    before = {hashlib.sha256(readable(name)).hexdigest() for name in names}
    assert before | {storage.sha256_of_path(quarantined)} == contents, "all six are there before"
    assert "1.5, 2.5" in everything_in_the_database()
    watch(client, f"/recordings/{world.recording.pk}/video")
    own = Presentation.objects.filter(recording=world.recording)
    shown = set(own.values_list("storage_name", flat=True))
    assert len(shown) == 2, "the copies that raters see go too"
    names += shown
    names += world.encoded().values_list("storage_name", flat=True)
    assert len(set(names)) == 9
    kept_by_others = len(list(files_of(media))) - len(names)

    settled(settings)
    receipt = world.withdraw()

    assert receipt.finished_at is not None
    left = list(files_of(media, settings.WORK_FOLDER, settings.UPLOAD_FOLDER))
    assert len(left) == kept_by_others
    assert not [path for path in left if hashlib.sha256(path.read_bytes()).hexdigest() in contents]
    assert not [path for path in left if plays(path)]
    assert [readable(name) for name in names] == [None] * len(names)
    assert not StoredFile.objects.filter(name__in=names).exists()
    assert not StoredFile.objects.filter(participant=world.participant).exists()
    told = everything_in_the_database()
    assert "1.5, 2.5" not in told
    assert not any(clip["content"][:64].hex() in told for clip in world.clips)
    assert not ClinicalState.objects.exists()
    world.participant.refresh_from_db()
    world.recording.refresh_from_db()
    assert (world.participant.sex, world.participant.diagnosis, world.recording.age) == ("", "", None)
    assert not DonorAssignment.objects.exists()


def test_ciphertext_that_was_kept_aside_opens_nevermore(world: World, media: Path, settings, tmp_path: Path):
    """A backup of the storage holds noise once the keys are gone, also for who still has the master key."""
    if not settings.MEDIA_ENCRYPTION_KEY:
        settings.MEDIA_ENCRYPTION_KEY = new_key()
        clip = video(world.folder, 99)
        world.recording.storage_name = stored(clip, world.participant)["storage_name"]
        world.recording.save()
    aside, name = tmp_path / "aside", world.recording.storage_name
    shutil.copytree(media, aside)
    assert readable(name) is not None
    world.withdraw()
    shutil.copytree(aside, media, dirs_exist_ok=True)
    assert readable(name) is None
    with pytest.raises(keys.Shredded):
        keys.key_of(name)
    settled(settings)
    withdrawal.finish_open()
    assert not (media / name).exists(), "what was put back is removed in the second pass"
    (media / name).parent.mkdir(exist_ok=True)
    shutil.copy(aside / name, media / name)
    assert not plays(media / name)
    for other in StoredFile.objects.exclude(wrapped_key=b""):  # no key that is left opens it
        with pytest.raises(Exception, match="does not open"):
            Unsealed(storage._Handle(name), key=keys._unwrap(other), name=name).read_at(0, 10)


# --- what stops


def test_jobs_stop_and_a_worker_in_the_middle_can_store_nothing(world: World, tmp_path: Path, media: Path):
    running = world.jobs[1]
    world.withdraw()
    before = sorted(files_of(media))
    for job in (*world.jobs, world.wearing):
        job.refresh_from_db()
        assert job.state == Job.State.CANCELLED
    path = write_video(tmp_path / "late.mp4")
    with pytest.raises((ValidationError, LeaseLost)):
        rendering.accept_rendition(job=running, path=path, certificate=None)
    assert sorted(files_of(media)) == before
    assert not Rendition.objects.filter(job=running).exists()
    with pytest.raises(ValidationError, match="PD-777 has withdrawn"):
        deid.request_job(recording=world.recording, method="mask", actor=None)


def test_a_rendition_that_is_being_stored_in_that_moment_is_voided_or_lost(world: World, tmp_path: Path, media: Path):
    """Between the file and its row: the file has its note, which the withdrawal finds."""
    running = world.jobs[1]
    names = []

    def late() -> None:
        with storage.stored(io.BytesIO(b"a face"), participant=world.participant) as name:
            names.append(name)
            world.withdraw()
            with rendering.finishing(running):
                pytest.fail("the job is not ours any more")

    with pytest.raises(LeaseLost):
        late()
    assert readable(names[0]) is None
    assert not (media / names[0]).exists()


def test_a_file_left_by_a_worker_that_was_killed_while_writing_goes_with_the_rest(world: World, media: Path):
    name = storage.store(io.BytesIO(b"a face"), participant=world.participant)  # and then no row was written
    receipt = world.withdraw()
    assert not (media / name).exists()
    assert "unfinished" in {file["kind"] for file in receipt.destroyed}


def test_nothing_is_taken_in_any_more(world: World, client, tmp_path: Path, media: Path):
    world.withdraw()
    world.upload.refresh_from_db()
    assert (world.upload.state, world.upload.message) == (Upload.State.REFUSED, "The participant has withdrawn.")
    path = write_video(tmp_path / "new.mp4", seed=50)
    with pytest.raises(ValidationError, match="PD-777 has withdrawn"):
        cohorts.import_recording(cohort=world.cohort, code="PD-777", task="rest", path=path, actor=None)
    with path.open("rb") as content, pytest.raises(ValidationError, match="PD-777 has withdrawn"):
        uploads.receive_upload(cohort=world.cohort, code="PD-777", task="rest", content=File(content), actor=None)
    for address in ("edit", "consent"):
        sent = {"given": "yes", "scopes": ["research"], "on": "2026-01-01", "version": "1"}
        answer = client.post(f"/participants/{world.participant.pk}/{address}/", sent)
        assert answer.status_code == 422
        assert "PD-777 has withdrawn" in answer.content.decode()


def test_an_upload_that_a_worker_checks_in_that_moment_is_refused(client, tmp_path: Path, media: Path):
    participant = ParticipantFactory(code="PD-777")
    with write_video(tmp_path / "a.mp4").open("rb") as content:
        upload = uploads.receive_upload(
            cohort=participant.cohort, code="PD-777", task="rest", content=File(content), actor=None
        )
    withdrawal.void(participant=participant, actor=client.user)
    Upload.objects.filter(pk=upload.pk).update(state=Upload.State.CHECKING, message="")
    upload.refresh_from_db()
    info, sha = cohorts.probe(tmp_path / "a.mp4"), "0" * 64
    with pytest.raises(ValidationError, match="PD-777 has withdrawn"):
        cohorts.accept_upload(upload=upload, info=info, sha256=sha, n_bytes=1)
    assert not participant.recordings.exists()


def test_videos_give_nothing_from_that_moment_also_by_links_made_before(world: World, client, sign_in):
    rater = sign_in(world.rater)
    mine = [
        (client, link(client, f"/recordings/{world.recording.pk}/video")),
        (client, link(client, f"/renditions/{world.rendition.pk}/video")),
        (client, link(client, f"/renditions/{world.worn.pk}/video")),
        (client, link(client, f"/donors/own/{world.donor.pk}")),
        *((rater, link(rater, f"/rate/{p.pk}/video")) for p in world.own()),
    ]
    assert len(mine) == 6
    assert {who.get(address).status_code for who, address in mine} == {200}
    world.withdraw()
    for who, address in mine:
        answer = who.get(address)
        assert (answer.status_code, answer.streaming) == (404, False), address


# --- raters


def test_a_rater_in_the_middle_learns_only_that_a_video_was_taken_out(world: World, sign_in):
    rater = sign_in(world.rater)
    presentation = world.own().first()
    rater.get(f"/rate/{presentation.pk}/")
    world.withdraw()
    answer = {
        "item": "facial_expression", "score": 1, "not_sure": False,
        "client_id": "0b2f6c1e-8d1c-4a57-9f0e-0c8f0a5d7c11",
    }  # fmt: skip
    refused = rater.post(f"/api/presentations/{presentation.pk}/ratings/", answer, content_type="application/json")
    assert refused.status_code == 409
    assert refused.json()["detail"] == [
        "This video was taken out of the study. Choose Leave, then Continue: the next one waits."
    ]
    page = rater.get(f"/rate/{presentation.pk}/", follow=True)
    assert page.redirect_chain == [("/rate/", 302)]
    text = page.content.decode()
    assert "That video was taken out of the study" in text
    assert not any(word in text for word in ("withdr", "PD-777", "original", "mask"))
    assert Rating.objects.count() == 0


def test_the_desk_goes_on_without_gaps_and_both_versions_are_gone(world: World, sign_in):
    world.withdraw()
    assert None not in world.own().values_list("excluded_at", flat=True)
    rater, seen = sign_in(world.rater), []
    for presentation in world.study.presentations.filter(excluded_at__isnull=True).order_by("position"):
        page = rater.get(f"/rate/{presentation.pk}/").content.decode()
        seen.append(page.partition("<h1>")[2].partition("</h1>")[0])
        for item in ("facial_expression", "rest_tremor_lip_jaw"):
            rate(presentation, item, 1)
    assert seen == [f"{n} of 4" for n in (1, 2, 3, 4)]
    assert rater.get("/rate/next/").url == "/rate/"
    assert "4 of 4" in rater.get("/rate/").content.decode()


def test_ratings_stay_under_a_pseudonym_and_count_in_no_result(world: World, client):
    rate_all(world.study)
    n_ratings = Rating.objects.count()
    world.study = services.close_study(study=world.study, actor=client.user)
    before = results.answers(world.study)
    world.withdraw()
    after = results.answers(world.study)
    assert Rating.objects.count() == n_ratings == len(before) == 12
    assert len(after) == 8
    kept = before[before["participant"].isin(after["participant"])].reset_index(drop=True)
    assert kept.equals(after), "the others keep their pseudonyms and their answers"


def test_other_participants_are_untouched(world: World):
    others = Participant.objects.exclude(pk=world.participant.pk)
    names = list(Recording.objects.filter(participant__in=others).values_list("storage_name", flat=True))
    contents = [readable(name) for name in names]
    world.withdraw()
    assert [readable(name) for name in names] == contents
    assert None not in contents
    assert not others.filter(withdrawn_at__isnull=False).exists()
    assert world.study.presentations.filter(excluded_at__isnull=True).count() == 4


def test_files_of_renditions_that_wear_the_face_are_destroyed_and_open_work_stops(world: World, media: Path, settings):
    """The wearer's other version stays: it shows nothing of who withdrew."""
    OriginalFactory(recording=world.wearer)
    Rendition.objects.filter(pk=world.worn.pk).update(
        state="released", reviewed_by=world.coordinator, reviewed_at=timezone.now()
    )
    study = services.create_study(
        name="Second", cohort=world.cohort, method="motionmesh", raters=make_raters(1), actor=None
    )
    waiting = LastEncode.objects.get(study=study)
    assert waiting.state == LastEncode.State.QUEUED
    make_alike(study)
    worn = ShownFile.objects.get(study=study, rendition=world.worn)
    other = ShownFile.objects.exclude(pk=worn.pk).get(study=study)
    LastEncode.objects.filter(pk=waiting.pk).update(state=LastEncode.State.QUEUED)
    settled(settings)
    world.withdraw()
    waiting.refresh_from_db()
    assert waiting.state == LastEncode.State.CANCELLED
    assert not (media / worn.storage_name).exists()
    assert readable(other.storage_name) is not None


# --- receipt


def test_the_receipt_says_who_when_what_and_what_to_call_back(world: World, client, sign_in, settings):
    world.study = services.close_study(study=world.study, actor=client.user)
    investigator = sign_in(Role.INVESTIGATOR)
    add_member(study=world.study, user=investigator.user, actor=client.user)
    b"".join(investigator.get(f"/results/{world.study.pk}/ratings.csv").streaming_content)
    frame = results.answers(world.study)
    own = {r.storage_name for r in Rendition.objects.filter(recording=world.recording)}
    receipt = world.withdraw()
    assert receipt.requested_by == client.user
    hashes = {file["sha256"] for file in receipt.destroyed if file["sha256"]}
    encoded = set(world.encoded().values_list("sha256", flat=True))
    assert hashes == {world.clips[i]["sha256"] for i in (0, 1, 2, 5)} | encoded
    kinds = sorted(file["kind"] for file in receipt.destroyed)
    assert kinds == [
        "donor",
        "encoded",
        "encoded",
        "recording",
        "rendition",
        "rendition",
        "rendition",
        "shown",
        "shown",
    ]
    assert ("Uploads in quarantine that are removed", 1) in [tuple(each) for each in receipt.counts]
    assert len(own) == 2
    shared, exported = receipt.exported
    assert shared["what"] == f"File of rendition {world.rendition.pk}, SHA-256 {world.rendition.sha256}"
    assert (shared["by"], exported["by"]) == (client.user.username, investigator.user.username)
    gone = set(frame["participant"]) - set(results.answers(world.study)["participant"])
    assert exported["what"] == f"Ratings of study “Pilot” as CSV: remove the rows of {gone.pop()}"
    page = client.get(f"/participants/{world.participant.pk}/withdraw/").content.decode()
    for word in (*hashes, shared["what"], client.user.display_name, "destroyed at that moment"):
        assert word in page
    assert Event.objects.filter(verb="participant.withdrawn", actor=client.user).count() == 1


def test_the_page_says_beforehand_exactly_what_happens_then(world: World, client):
    plan = dict(withdrawal.plan(world.participant))
    page = client.get(f"/participants/{world.participant.pk}/withdraw/").content.decode()
    for what, n in plan.items():
        assert f'<th scope="row">{what}</th><td class="n">{n}</td>' in page
    assert plan == {
        "Recordings whose files and keys are destroyed": 1,
        "Uploads in quarantine that are removed": 1,
        "Recordings whose age and clinical state are erased": 1,
        "Jobs that are stopped": 3,
        "Renditions whose files and keys are destroyed": 2,
        "Donors made of this face that are erased": 1,
        "Renditions of other participants that wear this face and are destroyed": 1,
        "Files made for studies that are destroyed with their keys": 2,
        "Presentations to raters that are closed": 2,
    }
    world.withdraw()
    assert Withdrawal.objects.get().counts == [[what, n] for what, n in plan.items()]


def test_copies_in_other_cohorts_are_counted_and_not_touched(world: World):
    twin = RecordingFactory(**stored(world.clips[0], ParticipantFactory()))
    what = "Copies of these files in other cohorts, which stay: have them withdrawn there too"
    assert dict(withdrawal.plan(world.participant))[what] == 1
    world.withdraw()
    assert readable(twin.storage_name) == world.clips[0]["content"]


@pytest.mark.parametrize("code", ["", "pd-777", "PD-778", "yes"])
def test_without_the_code_nothing_happens(world: World, client, code: str):
    response = client.post(f"/participants/{world.participant.pk}/withdraw/", {"code": code})
    assert response.status_code == 422
    assert not Withdrawal.objects.exists()
    assert readable(world.recording.storage_name) is not None


def test_the_page_withdraws_and_shows_the_receipt(world: World, client):
    address = f"/participants/{world.participant.pk}/withdraw/"
    response = client.post(address, {"code": "PD-777"}, follow=True)
    assert response.redirect_chain == [(address, 302)]
    assert "Receipt of the withdrawal of PD-777" in response.content.decode()
    for other in ("", "edit/"):
        assert client.get(f"/participants/{world.participant.pk}/{other}").status_code == 200
    assert "withdrew" in client.get(f"/recordings/{world.recording.pk}/").content.decode()
    assert "destroyed" in client.get(f"/renditions/{world.rendition.pk}/").content.decode()


# --- crashes


def test_killed_between_the_two_parts_the_sweeper_goes_on(world: World, client, media: Path, settings):
    receipt = withdrawal.void(participant=world.participant, actor=client.user)
    assert readable(world.recording.storage_name) is None or not settings.MEDIA_ENCRYPTION_KEY
    assert (media / world.recording.storage_name).exists()
    tasks.sweep()
    assert not (media / world.recording.storage_name).exists()
    receipt.refresh_from_db()
    assert receipt.finished_at is None, "a worker may still be writing"
    settled(settings)
    tasks.sweep()
    receipt.refresh_from_db()
    assert receipt.finished_at is not None


def test_a_storage_that_fails_in_the_middle_is_gone_back_to(world: World, client, media: Path, settings, monkeypatch):
    from django.core.files.storage import FileSystemStorage

    settled(settings)
    calls, delete = [], FileSystemStorage.delete

    def failing(self, name):
        calls.append(name)
        if len(calls) == 3:
            raise OSError("the disk went away")
        delete(self, name)

    monkeypatch.setattr(FileSystemStorage, "delete", failing)
    with pytest.raises(OSError, match="went away"):
        world.withdraw()
    assert Withdrawal.objects.get().finished_at is None
    assert withdrawal.finish_open() == 1
    assert not StoredFile.objects.filter(participant=world.participant).exists()
    assert not (media / world.recording.storage_name).exists()


def test_repeating_it_changes_nothing(world: World, settings):
    settled(settings)
    first = world.withdraw()
    n_events = Event.objects.count()
    again = world.withdraw()
    assert (again.pk, again.finished_at, again.destroyed) == (first.pk, first.finished_at, first.destroyed)
    assert (Withdrawal.objects.count(), Event.objects.count()) == (1, n_events)


def test_a_withdrawal_that_breaks_in_its_transaction_leaves_everything_as_it_was(world: World, monkeypatch):
    from ratings.holding import RatingsHolding

    def broken(*_):
        raise RuntimeError("in the middle")

    monkeypatch.setattr(RatingsHolding, "void", broken)
    with pytest.raises(RuntimeError):
        withdrawal.void(participant=world.participant, actor=UserFactory())
    world.participant.refresh_from_db()
    assert world.participant.withdrawn_at is None
    assert readable(world.recording.storage_name) is not None
    assert Rendition.objects.filter(state=Rendition.State.VOID).count() == 0


def test_a_participant_without_anything_is_withdrawn_too(client, settings):
    settled(settings)
    bare = ParticipantFactory(code="PD-5", scopes=[])
    receipt = withdrawal.withdraw_participant(participant=bare, code="PD-5", actor=client.user)
    assert (receipt.counts, receipt.destroyed, receipt.exported) == ([], [], [])
    assert receipt.finished_at is not None
    cache.clear()
