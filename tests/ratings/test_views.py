"""Pages of coordinators and raters."""

import json
import re
import uuid
from dataclasses import replace
from html import unescape

import pytest
from django.test import Client

from accounts.models import Role
from cohorts.models import Task
from ratings import services
from ratings.models import Study
from tests.factories import UserFactory
from tests.ratings.build import (
    READY,
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


# --- coordinators


def test_the_list_shows_own_studies_with_their_progress(coordinator, sign_in):
    study = opened_study(2, coordinator=coordinator)
    opened_study(1, name="Of somebody else")
    rate_all(study)
    page = sign_in(coordinator).get("/studies/").content.decode()
    assert "Pilot" in page
    assert "4 of 4" in page
    assert "Of somebody else" not in page


def test_the_newest_study_stands_first(coordinator, sign_in):
    for name in ("Older", "Newer"):
        draft_study(1, coordinator=coordinator, name=name)
    page = sign_in(coordinator).get("/studies/").content.decode()
    assert page.index("Newer") < page.index("Older")


def test_the_list_costs_the_same_for_one_and_for_three(coordinator, sign_in, django_assert_num_queries):
    client = sign_in(coordinator)
    opened_study(1, coordinator=coordinator, name="A")
    with django_assert_num_queries(3) as one:  # session, user, studies
        client.get("/studies/")
    for name in "BC":
        opened_study(2, n_raters=2, coordinator=coordinator, name=name)
    with django_assert_num_queries(len(one)):
        client.get("/studies/")


def test_a_study_page_costs_the_same_for_one_and_for_three_recordings(
    coordinator, sign_in, django_assert_max_num_queries
):
    client = sign_in(coordinator)
    small = draft_study(1, coordinator=coordinator, name="A")
    large = draft_study(3, n_raters=3, coordinator=coordinator, name="B")
    with django_assert_max_num_queries(50) as one:
        client.get(f"/studies/{small.pk}/")
    with django_assert_max_num_queries(len(one)):
        client.get(f"/studies/{large.pk}/")


def test_a_coordinator_makes_opens_and_closes_a_study(coordinator, sign_in):
    client, raters = sign_in(coordinator), make_raters(2)
    cohort = make_cohort(1, coordinator=coordinator)
    assert client.get("/studies/new/").status_code == 200
    form = {"name": "Pilot", "cohort": cohort.pk, "method": "mask", "raters": [rater.pk for rater in raters]}
    response = client.post("/studies/new/", form)
    study = Study.objects.get()
    assert response.headers["Location"] == f"/studies/{study.pk}/"
    assert "no justification" in client.get(f"/studies/{study.pk}/").content.decode()
    told = {name: value for name, value in study.protocol.items() if name not in ("anchors", "simulation")}
    told |= {"primary_item": "facial_expression", "margin_reason": "less than half a step", "custom_items": ""}
    told |= {"equipment_check": "yes"}  # as the page's choice says it
    assert client.post(f"/studies/{study.pk}/protocol/", told).status_code == 302
    study.refresh_from_db()
    assert study.protocol["equipment_check"] is True
    assert "still wait for the last encode" in client.get(f"/studies/{study.pk}/").content.decode()
    make_alike(study)
    assert "Open the study" in client.get(f"/studies/{study.pk}/").content.decode()
    for verb, state in (("open", Study.State.OPEN), ("close", Study.State.CLOSED)):
        client.post(f"/studies/{study.pk}/{verb}/")
        study.refresh_from_db()
        assert study.state == state


def test_a_study_that_is_not_ready_says_why_and_offers_no_opening(coordinator, sign_in):
    study = draft_study(1, coordinator=coordinator)
    study.cohort.recordings.get().renditions.filter(method="original").update(state="void")
    client = sign_in(coordinator)
    page = client.get(f"/studies/{study.pk}/").content.decode()
    assert "has not been asked for" in page
    assert "Open the study" not in page
    assert "has not been asked for" in client.post(f"/studies/{study.pk}/open/", follow=True).content.decode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "Mask study"}, "Raters see this name"),
        ({"name": ""}, "required"),
        ({"method": "original"}, "Select a valid choice"),
        ({"raters": []}, "required"),
        ({"method": "blur"}, "No rendition by “blur”"),
    ],
)
def test_a_wrong_form_comes_back_with_the_reason(coordinator, sign_in, change, told):
    cohort = make_cohort(1, coordinator=coordinator)
    form = {"name": "Pilot", "cohort": cohort.pk, "method": "mask", "raters": [make_raters(1)[0].pk]} | change
    response = sign_in(coordinator).post("/studies/new/", form)
    assert response.status_code == 422
    assert told in response.content.decode()


def test_a_cohort_of_somebody_else_cannot_be_chosen(coordinator, sign_in):
    form = {"name": "Pilot", "cohort": make_cohort(1).pk, "method": "mask", "raters": [make_raters(1)[0].pk]}
    assert sign_in(coordinator).post("/studies/new/", form).status_code == 422


def test_a_coordinator_sees_progress_and_no_ratings(coordinator, sign_in):
    study = opened_study(1, coordinator=coordinator)
    rate_all(study)
    page = sign_in(coordinator).get(f"/studies/{study.pk}/").content.decode()
    assert "2 of 2" in page
    assert "facial_expression" not in page
    assert not re.search(r"data-answer|aria-pressed|mean", unescape(page).replace(READY.estimand, "").lower())


def test_a_coordinator_of_another_cohort_gets_404(coordinator, sign_in):
    study, client = opened_study(1), sign_in(coordinator)
    assert client.get(f"/studies/{study.pk}/").status_code == 404
    for verb in ("prepare", "open", "close"):
        assert client.post(f"/studies/{study.pk}/{verb}/").status_code == 404
    study.refresh_from_db()
    assert study.state == Study.State.OPEN


# --- raters


@pytest.fixture
def study():
    return opened_study(2)


@pytest.fixture
def rater(study):
    return study.raters.get()


def test_the_desk_shows_progress_and_one_way_on(study, rater, sign_in):
    page = sign_in(rater).get("/rate/").content.decode()
    assert ">0 of 4<" in page
    assert page.count('class="button primary"') == 1


def test_the_desk_costs_the_same_for_one_and_for_three_studies(rater, sign_in, django_assert_max_num_queries):
    client = sign_in(rater)
    with django_assert_max_num_queries(20) as one:
        client.get("/rate/")
    for name in "BC":
        study = services.create_study(
            name=name, cohort=make_cohort(1), method="mask", raters=[rater], actor=None, protocol=READY
        )
        open_alike(study=study)
    with django_assert_max_num_queries(len(one)):
        assert client.get("/rate/").content.count(b">0 of 2<") == 2


def test_next_leads_through_all_presentations_in_order_and_home(study, rater, sign_in):
    client, seen = sign_in(rater), []
    while (address := client.get("/rate/next/").headers["Location"]) != "/rate/":
        presentation = study.presentations.select_related("rater").get(pk=address.split("/")[2])
        seen.append(presentation.position)
        assert f"{presentation.position} of 4" in client.get(address).content.decode()
        for item in ("facial_expression", "rest_tremor_lip_jaw"):
            rate(presentation, item, 1)
    assert seen == [1, 2, 3, 4]
    assert "Everything is rated" in client.get("/rate/").content.decode()


def test_the_desk_shows_what_was_answered_before(study, rater, sign_in):
    presentation = study.presentations.select_related("rater").get(position=1)
    rate(presentation, "facial_expression", 3)
    rate(presentation, "rest_tremor_lip_jaw", None)
    page = sign_in(rater).get(f"/rate/{presentation.pk}/").content.decode()
    told = json.loads(re.search(r'<script id="desk-state"[^>]*>(.*?)</script>', page)[1])["answers"]
    assert {code: (answer["score"], answer["not_sure"]) for code, answer in told.items()} == {
        "facial_expression": (3, False),
        "rest_tremor_lip_jaw": (None, True),
    }


def test_every_score_has_its_word_and_nothing_runs_in_the_page(study, rater, sign_in):
    response = sign_in(rater).get(f"/rate/{study.presentations.first().pk}/")
    page = response.content.decode()
    for word in ("normal", "slight", "mild", "moderate", "severe", "not sure"):
        assert f"<span>{word}</span>" in page
    assert "style=" not in page
    assert "<script>" not in page
    assert "unsafe" not in response.headers["Content-Security-Policy"]


def test_speech_is_scored_from_speech(sign_in):
    cohort, raters = make_cohort(1, task=Task.SPEECH), make_raters(1)
    study = services.create_study(
        name="S",
        cohort=cohort,
        method="mask",
        raters=raters,
        actor=None,
        protocol=replace(READY, primary_item="speech"),
    )
    open_alike(study=study)
    page = sign_in(raters[0]).get(f"/rate/{study.presentations.first().pk}/").content.decode()
    assert page.count("data-item=") == 1
    assert 'data-item="speech"' in page


def test_another_rater_gets_404(study, sign_in):
    client, presentation = sign_in(make_raters(1)[0]), study.presentations.first()
    assert client.get(f"/rate/{presentation.pk}/").status_code == 404
    assert client.get(f"/rate/{presentation.pk}/video").status_code == 404
    assert client.get(f"/rate/{uuid.uuid4()}/").status_code == 404


def test_after_the_closing_a_rater_gets_404(study, rater, sign_in):
    presentation, client = study.presentations.first(), sign_in(rater)
    services.close_study(study=study, actor=None)
    assert client.get(f"/rate/{presentation.pk}/").status_code == 404
    assert client.get(f"/rate/{presentation.pk}/video").status_code == 404
    assert "No study is open for you" in client.get("/rate/").content.decode()


# --- every page

STAFF = ("/studies/", "/studies/new/", "/studies/{study}/")
ACTS = ("/studies/{study}/prepare/", "/studies/{study}/open/", "/studies/{study}/close/")
RATERS = ("/rate/", "/rate/next/", "/rate/{presentation}/", "/rate/{presentation}/video")


def filled(address, study):
    return address.format(study=study.pk, presentation=study.presentations.first().pk)


@pytest.mark.parametrize("address", STAFF + RATERS + ACTS)
def test_nobody_signed_in_is_sent_to_the_sign_in(study, address):
    client = Client()
    response = (client.post if address in ACTS else client.get)(filled(address, study))
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize("address", STAFF + ACTS)
@pytest.mark.parametrize("role", [Role.RATER, Role.JUDGE, Role.INVESTIGATOR])
def test_studies_are_for_coordinators_and_administrators(study, sign_in, address, role):
    client = sign_in(role)
    response = (client.post if address in ACTS else client.get)(filled(address, study))
    assert response.status_code == 403


@pytest.mark.parametrize("address", RATERS)
@pytest.mark.parametrize("role", [role for role in Role if role != Role.RATER])
def test_the_desk_is_for_raters(study, sign_in, address, role):
    assert sign_in(role).get(filled(address, study)).status_code == 403


@pytest.mark.parametrize("address", ["/studies/", "/studies/{study}/", *RATERS])
def test_pages_to_read_take_no_post(study, sign_in, address):
    for role in (Role.ADMINISTRATOR, Role.RATER):
        assert sign_in(role).post(filled(address, study)).status_code in (403, 405)


@pytest.mark.parametrize("address", ACTS)
def test_acts_take_post_only(study, sign_in, address):
    assert sign_in(Role.ADMINISTRATOR).get(filled(address, study)).status_code == 405


def test_an_unknown_study_is_404(sign_in):
    assert sign_in(Role.ADMINISTRATOR).get("/studies/999999/").status_code == 404
