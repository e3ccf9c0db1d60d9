"""Calibration: agreement with reference scores over time, and a study that wants it fresh."""

import uuid
from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from ratings import calibration_queries, pack, practice_services, preflight, protocol_services, services
from ratings.models import StudyRater
from tests.factories import UserFactory
from tests.ratings.build import draft_study, make_alike

pytestmark = pytest.mark.django_db
REFERENCE = {"facial_expression": 3, "rest_tremor_lip_jaw": 0}


@pytest.fixture
def coordinator():
    return UserFactory(role=Role.COORDINATOR)


def practised(coordinator, name: str, scores: dict, *, rater=None, days_ago: int = 0) -> StudyRater:
    """A study whose only practice case was answered so, by its one rater or by another's."""
    study = draft_study(2, coordinator=coordinator, name=name)
    practice_services.add_case(
        study=study, recording=study.cohort.recordings.order_by("pk").last(), version="original", reference=REFERENCE,
        explanation="", actor=coordinator,
    )  # fmt: skip
    place = study.places.get()
    if rater:
        StudyRater.objects.filter(pk=place.pk).update(rater=rater)
    make_alike(study)
    services.open_study(study=study, actor=coordinator)
    place = study.places.select_related("rater", "study").get()
    then = timezone.now() - timedelta(days=days_ago)
    with mock.patch("django.utils.timezone.now", return_value=then):  # answers cannot be dated back afterwards
        answer(place, scores)
    return place


def answer(place, scores, change_reason: str = "") -> None:
    for item, score in scores.items():
        practice_services.save_answer(
            case=place.study.practice_cases.get(), item=item, score=score, not_sure=score is None,
            reason="not_visible" if score is None else "", change_reason=change_reason, client_id=uuid.uuid4(),
            rater=place.rater,
        )  # fmt: skip


def test_agreement_is_the_first_answer_minus_the_reference(coordinator):
    place = practised(coordinator, "One", {"facial_expression": 1, "rest_tremor_lip_jaw": 1})
    answer(place, REFERENCE, "second_look")  # after the reference was told: this shows nothing
    (drift,) = calibration_queries.drifts([place])
    assert (drift.newest.n, drift.newest.mean, drift.newest.within_one) == (2, -0.5, 0.5)


def test_not_sure_is_counted_and_enters_no_mean(coordinator):
    place = practised(coordinator, "One", {"facial_expression": 4, "rest_tremor_lip_jaw": None})
    newest = calibration_queries.drifts([place])[0].newest
    assert (newest.n, newest.n_not_sure, newest.mean, newest.within_one) == (1, 1, 1.0, 1.0)


def test_drift_is_how_the_mean_moved_from_study_to_study(coordinator):
    early = practised(coordinator, "Early", {"facial_expression": 3, "rest_tremor_lip_jaw": 0}, days_ago=90)
    late = practised(coordinator, "Late", {"facial_expression": 4, "rest_tremor_lip_jaw": 1}, rater=early.rater)
    (drift,) = calibration_queries.drifts([late])
    assert [(one.study_name, one.mean) for one in drift.agreements] == [("Early", 0.0), ("Late", 1.0)]
    assert drift.moved == 1.0


def test_the_record_states_the_newest_agreement(coordinator, sign_in):
    place = practised(coordinator, "One", {"facial_expression": 3, "rest_tremor_lip_jaw": 2})
    draft = draft_study(2, coordinator=coordinator, name="Next")
    draft.places.update(rater=place.rater)
    page = sign_in(coordinator).post(f"/study-raters/{draft.places.get().pk}/calibration/state/", follow=True)
    told = f"reference cases {timezone.localdate()}: n 2, mean +1.00, 50% within 1, 0 not sure"
    assert draft.places.get().calibration == told
    assert told in page.content.decode()


def test_a_study_may_want_a_calibration_that_is_not_too_old(coordinator):
    place = practised(coordinator, "One", REFERENCE, days_ago=31)
    draft = draft_study(2, coordinator=coordinator, name="Next")
    protocol_services.change_protocol(study=draft, actor=coordinator, calibration_days=30)
    (sentence,) = preflight.reasons(draft)
    assert "has answered no reference cases" in sentence
    draft.places.update(rater=place.rater)
    (sentence,) = preflight.reasons(draft)
    assert "more than 30 days ago" in sentence
    protocol_services.change_protocol(study=draft, actor=coordinator, calibration_days=31)
    assert preflight.reasons(draft) == []


def test_packs_of_studies_that_ask_for_none_of_it_keep_their_bytes(coordinator):
    draft = draft_study(2, coordinator=coordinator)
    before = pack.content_of(draft, number=1, reason="")
    assert not {"calibration_days", "debrief_videos"} & set(before)
    protocol_services.change_protocol(study=draft, actor=coordinator, calibration_days=30, debrief_videos=12)
    after = pack.content_of(draft, number=1, reason="")
    assert {name: after[name] for name in after.keys() - before.keys()} == {
        "calibration_days": 30,
        "debrief_videos": 12,
    }
    assert {name: after[name] for name in before} == before
    assert pack.pdf_of(pack.json_of(draft, number=1, reason=""), "0" * 64).startswith(b"%PDF")


def test_the_page_names_no_study_of_others_and_asks_as_much_for_three_raters_as_for_one(coordinator, sign_in):
    place = practised(UserFactory(role=Role.COORDINATOR), "Of others", REFERENCE)
    client, counts = sign_in(coordinator), []
    for n_raters in (1, 3):
        study = draft_study(2, coordinator=coordinator, name=f"Own {n_raters}", n_raters=n_raters)
        study.places.filter(number=1).update(rater=place.rater)
        with CaptureQueriesContext(connection) as asked:
            page = client.get(f"/studies/{study.pk}/calibration/").content.decode()
        counts.append(len(asked))
        assert "a study of others" in page
        assert "Of others" not in page
    assert counts[0] == counts[1]
