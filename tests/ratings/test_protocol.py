"""Protocols: drafted, checked before opening, frozen with a pack, changed by new versions."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import Role
from audit.models import Event
from cohorts.models import Task
from ratings import amendment_services, key, pack, preflight, protocol_services, queries, services
from ratings.forms import ProtocolForm, read_anchors
from ratings.models import Presentation, Rating, Study
from ratings.protocol import Protocol
from tests.factories import (
    OriginalFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    UserFactory,
)
from tests.ratings.build import (
    READY,
    arm_of,
    draft_study,
    make_alike,
    make_cohort,
    make_raters,
    open_alike,
    opened_study,
    rate,
    rate_all,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator():
    return UserFactory(role=Role.COORDINATOR)


def with_versions(cohort, *methods, **recording):
    made = RecordingFactory(participant=ParticipantFactory(cohort=cohort), **recording)
    OriginalFactory(recording=made)
    for method in methods:
        RenditionFactory(recording=made, method=method)
    return made


# --- the pre-flight list


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"margin_reason": " "}, "has no justification"),
        ({"primary_item": ""}, "The primary item must be one that is asked"),
        ({"primary_item": "speech"}, "The primary item must be one that is asked"),
        ({"estimand": ""}, "The estimand is not given"),
        ({"n_planned": 9}, "9 participants are planned, 4 are there"),
        ({"repeats_percent": 10}, "too few for one of each version"),
        ({"anchors": {"facial_expression": list("abcde")}}, "without their licence"),
        ({"anchors": {"facial_expression": ["a"]}, "anchors_licence": "MDS 1"}, "5 levels and 1 anchor texts"),
        ({"items": ("speech",), "primary_item": "speech"}, "No rendition by “mask” is released"),
    ],
)
def test_the_list_says_why_a_study_cannot_open(change, told):
    study = draft_study(4, protocol=replace(READY, **change)) if "items" not in change else draft_study(4)
    if "items" in change:
        study.protocol = replace(READY, **change).to_json()
        study.save()
    assert any(told in reason for reason in preflight.reasons(study))
    with pytest.raises(ValidationError, match=told):
        services.open_study(study=study, actor=None)
    assert not Presentation.objects.exists()


def test_a_participant_who_fills_a_session_is_named_in_the_list():
    study = draft_study(1, protocol=replace(READY, participant_distance=3))
    participant = study.cohort.participants.get()
    for _ in range(2):
        more = RecordingFactory(participant=participant)
        OriginalFactory(recording=more)
        RenditionFactory(recording=more)
    make_alike(study)
    (reason,) = preflight.reasons(study)
    assert reason.startswith(f"{participant.code} has 3 of 3 showings of a session")


def test_a_check_of_another_module_can_join_the_list():
    def never(study):
        yield "the moon is full"

    preflight.check(never)
    try:
        assert preflight.reasons(draft_study(2)) == ["the moon is full"]
    finally:
        preflight._checks.remove(never)


# --- the frozen version and its pack


def test_opening_freezes_the_protocol_before_anything_is_shown():
    study = opened_study(4, protocol=replace(READY, repeats_percent=50))
    version = study.versions.get()
    content = json.loads(version.content)
    assert version.made_at <= study.opened_at
    assert version.sha256 == hashlib.sha256(version.content.encode()).hexdigest()
    assert version.pdf_sha256 == hashlib.sha256(bytes(version.pdf)).hexdigest()
    assert bytes(version.pdf).startswith(b"%PDF")
    assert content["arms"] == ["original", "mask"]
    assert content["allocation"]["repeats_percent"] == 50
    assert content["analysis"]["margin_reason"] == "a margin for tests"
    assert content["n_participants"] == len(content["recordings"]) == 4
    assert version.sha256 in Event.objects.get(verb="study.protocol_frozen").note


def test_the_same_protocol_gives_the_same_pack_to_the_byte():
    version = opened_study(2).versions.get()
    again = pack.pdf_of(version.content.encode(), version.sha256)
    assert again == bytes(version.pdf)
    other = pack.pdf_of(version.content.replace("a margin for tests", "another").encode(), version.sha256)
    assert other != again


def test_names_codes_and_seeds_are_not_in_the_pack():
    study = draft_study(2, n_raters=2)
    Study.objects.filter(pk=study.pk).update(seed=987654321987)
    study = services.open_study(study=study, actor=None)
    told = study.versions.get().content
    for secret in [study.cohort.name, str(study.seed), *key.seeds_of(study.pk).values()]:
        assert secret not in told
    assert not any(participant.code in told for participant in study.cohort.participants.all())
    assert not any(rater.username in told for rater in study.raters.all())


def test_a_frozen_version_and_a_sealed_order_cannot_be_changed():
    opened_study(1)
    for statement in ("UPDATE ratings_protocolversion SET content = ''", "DELETE FROM ratings_allocationseal"):
        with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
            connection.cursor().execute(statement)


def test_an_open_study_takes_no_change_of_its_protocol(coordinator):
    study = opened_study(2)
    with pytest.raises(ValidationError, match="must be “Draft”"):
        protocol_services.change_protocol(study=study, actor=coordinator, margin=1.0)
    with pytest.raises(ValidationError, match="must be “Draft”"):
        protocol_services.exclude_recording(
            study=study, recording=study.cohort.recordings.first(), item="", reason="noisy", actor=coordinator
        )


# --- what is asked of what


def test_an_item_is_not_asked_of_a_recording_that_is_excluded_from_it():
    study = draft_study(2)
    noisy, _other = study.cohort.recordings.order_by("pk")
    protocol_services.exclude_recording(
        study=study, recording=noisy, item="rest_tremor_lip_jaw", reason="shaking camera", actor=None
    )
    services.open_study(study=study, actor=None)
    presentation = study.presentations.select_related("rater").filter(recording=noisy).first()
    with pytest.raises(ValidationError, match="is not scored here"):
        rate(presentation, "rest_tremor_lip_jaw", 1)
    rate(presentation, "facial_expression", 1)
    presentation.refresh_from_db()
    assert presentation.completed_at
    assert "shaking camera" in study.versions.get().content
    assert {one.item.code: one.n_recordings for one in queries.overview(study, queries.pairs_of(study))} == {
        "facial_expression": 2, "rest_tremor_lip_jaw": 1, "speech": 0,
    }  # fmt: skip


def test_a_recording_that_is_excluded_is_shown_to_nobody():
    study = draft_study(3)
    out = study.cohort.recordings.first()
    exclusion = protocol_services.exclude_recording(study=study, recording=out, item="", reason="no face", actor=None)
    assert len(queries.pairs(study)) == 2
    protocol_services.include_recording(exclusion=exclusion, actor=None)
    assert len(queries.pairs(study)) == 3


def test_a_study_may_ask_an_item_of_its_own(sign_in):
    lips = {"code": "parted_lips", "name": "Parted lips", "levels": ["closed", "parted", "open"], "tasks": [
        "facial_expression"]}  # fmt: skip
    study = opened_study(1, protocol=replace(READY, items=(), custom_items=(lips,), primary_item="parted_lips"))
    presentation = study.presentations.select_related("rater").first()
    page = sign_in(study.raters.get()).get(f"/rate/{presentation.pk}/").content.decode()
    assert page.count("data-item=") == 1
    assert "<span>parted</span>" in page
    assert 'data-key="3"' not in page
    rate(presentation, "parted_lips", 2)
    with pytest.raises(ValidationError, match="from 0 to 2; it was 3"):
        rate(presentation, "parted_lips", 3)
    assert Rating.objects.get().score == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"code": "Lips"}, "cannot be the code"),
        ({"code": "speech"}, "cannot be the code"),
        ({"levels": ["one"]}, "needs 2 to 5 levels"),
        ({"tasks": ["dancing"]}, "at least one task of"),
    ],
)
def test_an_impossible_item_is_refused(change, told):
    lips = {"code": "lips", "name": "Lips", "levels": ["closed", "open"], "tasks": ["rest"]} | change
    with pytest.raises(ValidationError, match=told):
        protocol_services.change_protocol(study=draft_study(1), actor=None, custom_items=[lips])


@pytest.mark.parametrize(("task", "with_sound", "muted"), [
    (Task.SPEECH, (), False), (Task.FACIAL_EXPRESSION, (), True),
    (Task.FACIAL_EXPRESSION, ("facial_expression",), False),
])  # fmt: skip
def test_videos_are_heard_only_where_the_protocol_says(sign_in, task, with_sound, muted):
    raters = make_raters(1)
    primary = "speech" if task == Task.SPEECH else "facial_expression"
    study = services.create_study(
        name="S", cohort=make_cohort(1, task=task), method="mask", raters=raters, actor=None,
        protocol=replace(READY, with_sound=with_sound, primary_item=primary),
    )  # fmt: skip
    open_alike(study=study)
    page = sign_in(raters[0]).get(f"/rate/{study.presentations.first().pk}/").content.decode()
    assert (" muted" in page) == muted


def test_a_licensed_study_shows_its_anchor_texts_to_raters(sign_in):
    texts = ["none at all", "a trace", "a little", "much", "all the time"]
    protocol = replace(READY, anchors={"facial_expression": texts}, anchors_licence="MDS licence 7")
    study = opened_study(1, protocol=protocol)
    page = sign_in(study.raters.get()).get(f"/rate/{study.presentations.first().pk}/").content.decode()
    assert all(f"<dd>{text}</dd>" in page for text in texts)
    assert "a trace" not in study.versions.get().content, "licensed texts do not leave with the pack"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"item,score\nspeech,0\n", "columns item, score"),
        (b"\xff\xfe", "CSV in UTF-8"),
        (b"item,score,text\nspeech,1,x\n", "one text for each score from 0"),
        (b"x" * 100_001, "larger than"),
    ],
)
def test_a_wrong_file_of_anchor_texts_is_refused(content, told):
    with pytest.raises(ValidationError, match=told):
        read_anchors(content)


# --- several methods, repeats, sessions


def test_every_method_is_an_arm_and_all_are_shown_to_everybody():
    cohort = make_cohort(3)
    for recording in cohort.recordings.all():
        RenditionFactory(recording=recording, method="blur")
    study = services.create_study(
        name="Two", cohort=cohort, method="mask", more_methods=["blur"], raters=make_raters(2), actor=None,
        protocol=replace(READY, repeats_percent=100),
    )  # fmt: skip
    open_alike(study=study)
    for rater in study.raters.all():
        shown = sorted(arm_of(p) for p in study.presentations.filter(rater=rater))
        assert shown == sorted(3 * ["original", "mask", "blur"] + ["original", "mask", "blur"])
    sizes = {p.recording_id: set() for p in study.presentations.all()}
    for presentation in study.presentations.all():
        sizes[presentation.recording_id].add(presentation.shown_bytes)
    assert all(len(size) == 1 for size in sizes.values())


def test_a_further_method_without_renditions_keeps_the_study_shut():
    study = services.create_study(
        name="Two", cohort=make_cohort(2), method="mask", more_methods=["blur"], raters=make_raters(1), actor=None,
        protocol=READY,
    )  # fmt: skip
    assert "2 recordings have no released rendition by “blur”" in preflight.reasons(study)[0]


def test_the_second_version_waits_for_the_days_between(sign_in, settings):
    study = opened_study(2, protocol=replace(READY, gap_days=14, sessions=2))
    client = sign_in(study.raters.get())
    for _ in range(2):
        assert client.get("/rate/next/").headers["Location"] != "/rate/"
        rate_all_of(study, study.presentations.filter(completed_at=None).order_by("position").first())
    assert client.get("/rate/next/").headers["Location"] == "/rate/"
    assert "The next session begins on" in client.get("/rate/").content.decode()
    done = study.presentations.filter(completed_at__isnull=False)
    done.update(completed_at=timezone.now() - timedelta(days=14), started_at=timezone.now() - timedelta(days=15))
    assert client.get("/rate/next/").headers["Location"] != "/rate/"


def rate_all_of(study, presentation):
    for item in queries.Scoring(study).items_for(presentation.recording):
        rate(presentation, item.code, 1)


def test_a_break_is_due_after_so_many_videos(sign_in):
    study = opened_study(4, protocol=replace(READY, break_after=2))
    client = sign_in(study.raters.get())
    for n in (1, 2):
        assert client.get("/rate/next/").headers["Location"] != "/rate/", n
        rate_all_of(study, study.presentations.filter(completed_at=None).order_by("position").first())
    assert client.get("/rate/next/").headers["Location"] == "/rate/"
    assert "Time for a break" in client.get("/rate/").content.decode()
    assert client.get("/rate/next/?rested").headers["Location"] != "/rate/"


# --- copies, late raters, late recordings


def orders(study):
    told = study.presentations.order_by("rater_id", "position").values_list("pk", "rater_id", "position", "session")
    return list(told)


def test_a_copy_is_a_draft_with_the_same_design(coordinator):
    study = draft_study(3, n_raters=2, protocol=replace(READY, margin=0.7))
    protocol_services.exclude_recording(
        study=study, recording=study.cohort.recordings.first(), item="", reason="noisy", actor=None
    )
    services.open_study(study=study, actor=None)
    copy = amendment_services.copy_study(study=study, name="Again", actor=coordinator)
    assert copy.state == Study.State.DRAFT
    assert copy.protocol == study.protocol
    assert set(copy.raters.all()) == set(study.raters.all())
    assert [one.reason for one in copy.exclusions.all()] == ["noisy"]
    assert copy.seed != study.seed
    assert not copy.versions.exists()


def test_a_late_rater_gets_an_order_and_changes_nobody_elses(coordinator):
    study = opened_study(3, n_raters=2)
    before = orders(study)
    (late,) = make_raters(1)
    amendment_services.add_rater(study=study, rater=late, reason="one fell ill", actor=coordinator)
    assert [row for row in orders(study) if row[1] != late.pk] == before
    assert study.presentations.filter(rater=late).count() == 6
    assert sorted(arm_of(p) for p in study.presentations.filter(rater=late)) == ["mask"] * 3 + ["original"] * 3
    assert [version.reason for version in study.versions.all()] == ["", "one fell ill"]


def test_late_recordings_come_behind_all_others(coordinator):
    study = opened_study(3, n_raters=2)
    before = orders(study)
    late = with_versions(study.cohort, "mask")
    with pytest.raises(ValidationError, match="wait for the last encode"):
        amendment_services.add_recordings(study=study, reason="a patient came back", actor=coordinator)
    make_alike(study)
    amendment_services.add_recordings(study=study, reason="a patient came back", actor=coordinator)
    after = orders(study)
    assert [row for row in after if row in before] == before
    for rater in study.raters.all():
        own = list(study.presentations.filter(rater=rater).order_by("position"))
        assert [p.position for p in own] == list(range(1, 9))
        assert [p.recording for p in own[-2:]] == [late, late]
        assert len({p.session for p in own[-2:]}) == 2
    assert study.seals.filter(part=1).count() == 2


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_change_of_an_open_study_needs_a_reason(coordinator, reason):
    study = opened_study(2)
    with pytest.raises(ValidationError, match="Say why"):
        amendment_services.add_rater(study=study, rater=make_raters(1)[0], reason=reason, actor=coordinator)
    with pytest.raises(ValidationError, match="No recording came since"):
        amendment_services.add_recordings(study=study, reason="x", actor=coordinator)


# --- the pages


def test_the_form_brings_every_part_of_the_protocol_back(coordinator, sign_in):
    study, client = draft_study(2, coordinator=coordinator), sign_in(coordinator)
    told = {
        "items": ["facial_expression"], "with_sound": ["facial_expression"], "anchors_licence": "MDS 7",
        "custom_items": "lips | Parted lips | closed, open | facial_expression", "sessions": 3, "gap_days": 7,
        "repeats_percent": 20, "participant_distance": 4, "donor_distance": 2, "donor_cap": 5, "break_after": 10,
        "break_minutes": 45, "scale_percent": 0,
        "estimand": "E", "primary_item": "facial_expression", "margin": 0.4, "margin_reason": "half a step",
        "alpha": 0.025, "multiplicity": "primary", "n_planned": 2, "calibration_days": 0, "debrief_videos": 12,
        "anchors_file": SimpleUploadedFile("a.csv", b"item,score,text\nlips,0,none\nlips,1,all\n"),
    }  # fmt: skip
    assert client.post(f"/studies/{study.pk}/protocol/", told).status_code == 302
    study.refresh_from_db()
    design = study.design
    assert (design.sessions, design.margin, design.anchors) == (3, 0.4, {"lips": ["none", "all"]})
    assert (design.calibration_days, design.debrief_videos) == (0, 12)
    assert design.asked()["lips"].levels == ("closed", "open")
    form = ProtocolForm(study=study)
    assert form.initial["custom_items"] == "lips | Parted lips | closed, open | facial_expression"
    page = client.get(f"/studies/{study.pk}/").content.decode()
    for shown in ("Parted lips", "half a step", "0.025", "The primary item alone decides", "licensed anchor texts"):
        assert shown in page


@pytest.mark.parametrize(
    ("change", "told"),
    [({"margin": 9}, "less than or equal to 4"), ({"custom_items": "a | b"}, "needs four parts"),
     ({"gap_days": ""}, "required")],
)  # fmt: skip
def test_a_wrong_protocol_comes_back_with_the_reason(coordinator, sign_in, change, told):
    study = draft_study(1, coordinator=coordinator)
    given = {k: v for k, v in study.protocol.items() if k not in ("anchors", "simulation")} | {"custom_items": ""}
    response = sign_in(coordinator).post(f"/studies/{study.pk}/protocol/", given | change)
    assert response.status_code == 422
    assert told in response.content.decode()


def test_the_simulation_stands_on_the_page_and_in_the_pack(coordinator, sign_in):
    study, client = draft_study(2, coordinator=coordinator), sign_in(coordinator)
    planted = {"agreement": 0.8, "bias": 0.1, "not_sure": 5, "seed": 3}
    page = client.post(f"/studies/{study.pk}/protocol/simulate/", planted, follow=True).content.decode()
    assert "Planted: agreement 0.8, bias 0.1 points, 5 % not sure, 1 raters" in page
    study.refresh_from_db()
    powers = [power for _n, power in study.design.simulation["power"]]
    assert powers == sorted(powers)
    client.post(f"/studies/{study.pk}/open/")
    assert json.loads(study.versions.get().content)["analysis"]["simulation"]["bias"] == 0.1


def test_what_was_not_named_in_an_old_protocol_is_as_by_default():
    assert Protocol.from_json({"margin": 0.3, "gone": 1}) == replace(Protocol(), margin=0.3)
    assert Protocol.from_json(READY.to_json()) == READY


def test_a_whole_study_can_be_rated_and_read_with_repeats():
    from analysis.queries import answers, item_results

    study = opened_study(4, n_raters=2, protocol=replace(READY, repeats_percent=50))
    rate_all(study)
    study = services.close_study(study=study, actor=None)
    frame = answers(study)
    assert frame["repeat"].sum() == 2 * 2 * 2  # two recordings, two items, two raters
    assert {result.deviation.n_pairs for result in item_results(frame, study)} == {8}


def test_only_what_is_asked_can_be_excluded():
    study = draft_study(1)
    with pytest.raises(ValidationError, match="is not asked of this recording anyway"):
        protocol_services.exclude_recording(
            study=study, recording=study.cohort.recordings.get(), item="speech", reason="noisy", actor=None
        )
    with pytest.raises(ValidationError, match="another cohort"):
        protocol_services.exclude_recording(
            study=study, recording=make_cohort(1).recordings.get(), item="", reason="noisy", actor=None
        )
