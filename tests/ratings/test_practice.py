"""Practice before a study: known scores, told after the answer and not before; never in the study or its results."""

import json
import re
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from analysis import queries as results
from audit.models import Event
from cohorts import storage, withdrawal
from cohorts.models import Task
from cohorts.participant_services import record_consent
from demo.dry_run import walk
from ratings import (
    amendment_services,
    equal_arms,
    key,
    practice_queries,
    practice_services,
    preflight,
    queries,
    services,
)
from ratings.algorithms.synthetic import Planted, SyntheticRater
from ratings.models import PracticeAnswer, PracticeCase, Presentation, Rating
from tests.demo.test_dry_run import Pages
from tests.factories import UserFactory
from tests.links import body, watch
from tests.ratings.build import draft_study, make_alike, make_cohort, rate_all

pytestmark = pytest.mark.django_db
REFERENCE = {"facial_expression": 3, "rest_tremor_lip_jaw": 0}
WHY = "Few blinks and a fixed smile."


@pytest.fixture
def coordinator():
    return UserFactory(role=Role.COORDINATOR, username="the-coordinator")


def add_case(study, coordinator, **given):
    told = {"recording": study.cohort.recordings.order_by("pk").last(), "version": "mask", "reference": REFERENCE,
            "explanation": WHY}  # fmt: skip
    return practice_services.add_case(study=study, actor=coordinator, **(told | given))


@pytest.fixture
def draft(coordinator):
    """Three recordings, the last of them practice."""
    study = draft_study(3, coordinator=coordinator)
    add_case(study, coordinator)
    return study


@pytest.fixture
def study(draft):
    return services.open_study(study=draft, actor=None)


@pytest.fixture
def case(study):
    return study.practice_cases.get()


@pytest.fixture
def rater(study):
    return study.raters.get()


@pytest.fixture
def client(rater, sign_in):
    return sign_in(rater)


def answer(client, case, item, score):
    told = {"item": item, "score": score, "client_id": str(uuid.uuid4())}
    address = reverse("ratings-api:practice", args=[case.pk])
    return client.post(address, json.dumps(told), content_type="application/json")


def practise(case, rater):
    for item in case.reference:
        practice_services.save_answer(
            case=case, item=item, score=1, not_sure=False, client_id=uuid.uuid4(), rater=rater
        )


# --- what is practice is not in the study


def test_the_study_shows_every_recording_but_the_practice(study, case):
    shown = set(Presentation.objects.values_list("recording", flat=True))
    assert shown == set(study.cohort.recordings.exclude(pk=case.recording_id).values_list("pk", flat=True))
    assert not study.shown.filter(recording=case.recording).exists()
    assert queries.late_pairs(study) == [], "and it does not come late"


def test_what_is_shown_is_a_copy_of_the_last_encodes_file_with_a_name_of_its_own(study, case):
    made = study.shown_files.get(rendition=case.rendition)
    assert (case.rendition.method, case.rendition.recording) == ("mask", case.recording)
    assert case.storage_name != made.storage_name
    copy, source = storage.open_media(case.storage_name), storage.open_media(made.storage_name)
    assert copy.read_at(0, copy.size) == source.read_at(0, source.size)


def test_practice_waits_for_the_same_last_encode_and_consents(draft):
    assert preflight.reasons(draft) == []
    recording = draft.practice_cases.get().recording
    assert len(equal_arms.versions(draft)[recording]) == 2
    record_consent(
        participant=recording.participant, scopes=["rating"], given=False, on=timezone.localdate(), version="1.0",
        actor=None,
    )  # fmt: skip
    assert any(f"{recording} lacks a version or a consent" in told for told in preflight.reasons(draft))
    with pytest.raises(ValidationError, match="lacks a version or a consent"):
        services.open_study(study=draft, actor=None)


def test_a_recording_of_another_cohort_is_practice_where_the_coordinator_may_use_it(draft, coordinator):
    own, others = make_cohort(1, coordinator=coordinator), make_cohort(1)
    case = add_case(draft, coordinator, recording=own.recordings.get(), version="original")
    with pytest.raises(ValidationError, match="of a cohort that is not yours"):
        add_case(draft, coordinator, recording=others.recordings.get())
    make_alike(draft)
    services.open_study(study=draft, actor=coordinator)
    case.refresh_from_db()
    assert case.rendition.method == "original"
    assert draft.presentations.count() == 4, "two versions of two recordings"


def test_a_case_that_could_not_be_used_is_refused(coordinator):
    study = draft_study(1, coordinator=coordinator)
    for wrong, why in (
        ({"reference": {"facial_expression": 3}}, "missing: 3.17 Rest tremor"),
        ({"reference": REFERENCE | {"speech": 1}}, "“speech” is not scored here"),
        ({"reference": REFERENCE | {"facial_expression": 5}}, "from 0 to 4; it was 5"),
        ({"version": "blur"}, "original, mask; it was blur"),
        ({"explanation": "The blur hides it."}, "“blur” would tell"),
    ):
        with pytest.raises(ValidationError, match=why):
            add_case(study, coordinator, **wrong)
    add_case(study, coordinator)
    with pytest.raises(ValidationError, match="is practice already"):
        add_case(study, coordinator)


def test_an_item_that_comes_later_leaves_the_reference_short(draft):
    draft.protocol |= {"custom_items": [
        {"code": "parted_lips", "name": "Parted lips", "levels": ["no", "yes"], "tasks": [Task.FACIAL_EXPRESSION]}
    ]}  # fmt: skip
    draft.save()
    assert any("needs a reference score for each of its items" in told for told in preflight.reasons(draft))


def test_practice_is_frozen_with_the_protocol(study, case, coordinator):
    told = json.loads(study.versions.get().content)["practice"]
    assert told == [{"recording": case.recording_id, "version": "mask", "reference": REFERENCE, "explanation": WHY}]
    with pytest.raises(ValidationError, match="must be “Draft”"):
        practice_services.remove_case(case=case, actor=coordinator)
    copy = amendment_services.copy_study(study=study, name="Second", actor=coordinator)
    assert practice_queries.frozen(copy) == told


def test_the_database_refuses_half_a_case_and_half_an_answer(case):
    for wrong in ({"reference": {}}, {"position": 0}, {"shown_bytes": 0}, {"version": ""}):
        with pytest.raises(IntegrityError, match="practicecase"), transaction.atomic():
            PracticeCase.objects.filter(pk=case.pk).update(**wrong)
    with pytest.raises(IntegrityError, match="practiceanswer_score_or_not_sure"), transaction.atomic():
        PracticeAnswer.objects.create(case=case, place=case.study.places.get(), item="speech", client_id=uuid.uuid4())


# --- the desk


def test_practice_comes_before_the_first_presentation(client, study, case, rater):
    first = study.presentations.order_by("position").first()
    to_practice = reverse("ratings:practice", args=[case.pk])
    assert client.get("/rate/next/").url == to_practice
    assert client.get(f"/rate/{first.pk}/").url == "/rate/next/", "not by its address either"
    told = {"item": "facial_expression", "score": 1, "client_id": str(uuid.uuid4())}
    early = client.post(f"/api/presentations/{first.pk}/ratings/", json.dumps(told), content_type="application/json")
    assert (early.status_code, early.json()["detail"]) == (409, ["Practice comes first: choose Leave, then Continue."])
    assert "Practice comes first: 1 video" in client.get("/rate/").content.decode()
    answer(client, case, "facial_expression", 1)
    assert client.get("/rate/next/").url == to_practice, "one item waits"
    answer(client, case, "rest_tremor_lip_jaw", 1)
    assert client.get("/rate/next/").url == f"/rate/{first.pk}/"
    assert client.get(f"/rate/{first.pk}/").status_code == 200


def test_nothing_of_the_reference_is_told_before_the_answer(client, case):
    page = client.get(f"/rate/practice/{case.pk}/").content.decode()
    assert re.search(r"<h1>Practice · 1 of 1</h1>", page)
    assert WHY not in page
    assert page.count('<p class="reference" role="status"></p>') == 2
    refused = answer(client, case, "facial_expression", 9).content.decode()
    assert "feedback" not in refused
    assert "severe" not in refused


def test_after_the_answer_its_reference_is_told_and_no_others(client, case):
    """The explanation could tell the item that waits: it comes with the last answer."""
    first = answer(client, case, "facial_expression", 1)
    assert first.status_code == 201
    assert first.json()["feedback"] == {"score": 3, "word": "moderate", "explanation": ""}
    page = client.get(f"/rate/practice/{case.pk}/").content.decode()
    assert re.findall(r'class="reference" role="status">([^<]*)<', page) == ["Reference: 3 moderate", ""]
    assert WHY not in page
    assert answer(client, case, "rest_tremor_lip_jaw", None).status_code == 400
    last = answer(client, case, "rest_tremor_lip_jaw", 2)
    assert last.json()["feedback"] == {"score": 0, "word": "normal", "explanation": WHY}
    assert WHY in client.get(f"/rate/practice/{case.pk}/").content.decode()


def test_pages_and_media_of_practice_tell_neither_version_nor_person(client, study, case):
    words = {"mask", "original", "rendition", case.recording.participant.code, case.storage_name, case.rendition.sha256,
             study.cohort.name, "the-coordinator"}  # fmt: skip
    practise(case, study.raters.get())
    page = client.get(f"/rate/practice/{case.pk}/")
    video = watch(client, f"/rate/practice/{case.pk}/video")
    text = page.content.decode() + str(page.headers) + str(video.headers)
    assert [word for word in words if word.casefold() in re.sub(r"look=[\w.:-]+", "", text).casefold()] == []


def test_a_look_at_a_practice_video_is_an_event_and_needs_a_link(client, case):
    assert client.get(f"/rate/practice/{case.pk}/video").status_code == 403
    assert len(body(watch(client, f"/rate/practice/{case.pk}/video"))) == case.shown_bytes
    assert Event.objects.get(verb="practice.viewed").target_id == str(case.pk)


def test_the_same_answer_twice_is_one_row(client, case, rater):
    told = {"item": "facial_expression", "score": 1, "not_sure": False, "client_id": uuid.uuid4()}
    first, new = practice_services.save_answer(case=case, rater=rater, **told)
    again, twice = practice_services.save_answer(case=case, rater=rater, **told)
    assert (first, new, twice) == (again, True, False)
    with pytest.raises(ValidationError, match="belongs to another answer"):
        practice_services.save_answer(case=case, rater=rater, **(told | {"score": 2}))


def test_a_rater_who_comes_late_practises_too(study, case, rater, coordinator):
    practise(case, rater)
    late = amendment_services.add_rater(
        study=study, rater=UserFactory(role=Role.RATER), reason="one more", actor=coordinator
    )
    assert practice_queries.unfinished(study, late.rater) == [case]
    assert practice_queries.unfinished(study, rater) == []


def test_a_synthetic_rater_goes_through_practice_first(client, study, case):
    planted = Planted(bias=0, noise=0, retest=0, not_sure=0, not_sure_deidentified=0)
    assert walk(study, Pages(client), SyntheticRater(planted, 1, "dry")) == (4, 8)
    assert case.answers.filter(not_sure=True).count() == 2


# --- kept apart


def test_practice_is_in_no_result_count_or_key(study, case, rater):
    practise(case, rater)
    assert [one.n_completed for one in queries.rater_progress(study)] == [0]
    rate_all(study)
    closed = services.close_study(study=study, actor=None)
    frame = results.answers(closed)
    assert len(frame) == Rating.objects.count() == 8, "two items of two versions of two recordings"
    assert frame["recording"].nunique() == 2
    assert case.rendition_id not in {version.rendition for version in key.versions_of(study.pk).values()}


def test_a_withdrawal_closes_the_practice_and_destroys_its_file(client, study, case, rater, coordinator):
    participant = case.recording.participant
    withdrawal.withdraw_participant(participant=participant, code=participant.code, actor=coordinator)
    with pytest.raises(FileNotFoundError):
        storage.open_media(case.storage_name)
    assert client.get(f"/rate/practice/{case.pk}/").status_code == 404
    assert answer(client, case, "facial_expression", 1).status_code == 409
    assert "/rate/practice/" not in client.get("/rate/next/").url, "raters are not held back by it"


# --- the coordinator's page


def test_a_coordinator_adds_and_removes_a_case_on_the_studys_page(coordinator, sign_in):
    study, client = draft_study(2, coordinator=coordinator), sign_in(coordinator)
    address, recording = f"/studies/{study.pk}/practice/", study.cohort.recordings.first()
    told = {"recording": recording.pk, "version": "mask", "explanation": WHY, "reference_facial_expression": 3}
    short = client.post(address, told)
    assert short.status_code == 422
    assert "missing: 3.17 Rest tremor, lip/jaw" in short.content.decode()
    assert client.post(address, told | {"reference_rest_tremor_lip_jaw": 0}).status_code == 302
    case = study.practice_cases.get()
    assert (case.reference, case.version) == (REFERENCE, "mask")
    assert WHY in client.get(f"/studies/{study.pk}/").content.decode()
    client.post(f"/study-practice/{case.pk}/remove/")
    assert not study.practice_cases.exists()
    verbs = Event.objects.filter(verb__startswith="study.practice").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["study.practice_added", "study.practice_removed"]
