"""Pages and reports of an agreement run: what was planted stands there, what is missing is said, files repeat."""

import json
import re

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Role
from analysis import agreement_report, run_services
from analysis.agreement_read import Reading
from analysis.run_kinds import AGREEMENT
from audit.models import Event
from cohorts.models import Participant
from ratings import services
from tests.analysis.rated import PLANTED, rated_study
from tests.analysis.runs import computed_run, reported_run
from tests.factories import UserFactory
from tests.ratings.build import arm_of, closed_study, opened_study, rate

pytestmark = pytest.mark.django_db
FEW = {"rounds": 200}


@pytest.fixture
def reader():
    return UserFactory(role=Role.INVESTIGATOR)


def worse_by_one(presentation):
    return 1 if arm_of(presentation) == "original" else 2


def test_what_was_planted_in_synthetic_raters_stands_on_the_page(reader, sign_in):
    study = rated_study()
    run = computed_run(study, parameters=FEW)
    read = Reading(run.summary)
    (expression, tremor) = read.items
    for item in (expression, tremor):
        bias = read.row(item, "mean_of_patients")
        assert abs(bias["value"] - PLANTED.bias) < 4 * (2 * PLANTED.retest**2 + 2 / 12) ** 0.5 / bias["n"] ** 0.5
        assert item["equivalence"]["equivalent"] is False, "0.8 points are more than the margin of 0.5"
        assert abs(item["mixed"]["difference"] - bias["value"]) < 0.35
        assert read.row(item, "not_sure_deidentified")["value"] > read.row(item, "not_sure_original")["value"]
        assert item["retest"]["n_repeats"] > 4
        assert not item["gaps"]
    page = sign_in(reader).get(f"/runs/{run.pk}/agreement/").content.decode()
    assert f"+{read.row(expression, 'mean_deviation')['value']:.2f} (" in page
    assert "not shown" in page
    assert page.count("data-figure=") == 4 + 4 * 2, "four of all items, four of each"
    assert Event.objects.filter(verb="study.results_read", note="run-page").exists()


def test_all_not_sure_is_said_and_the_other_item_is_shown(reader, sign_in):
    study = opened_study(3, n_raters=2)
    for shown in study.presentations.select_related("recording", "rater"):
        rate(shown, "facial_expression", None)
        rate(shown, "rest_tremor_lip_jaw", worse_by_one(shown))
    run = computed_run(services.close_study(study=study, actor=None), parameters=FEW)
    page = sign_in(reader).get(f"/runs/{run.pk}/agreement/").content.decode()
    assert "Every answer was “not sure”: there is no score to compare." in page
    assert "undefined" in page
    assert "−1.00" in page


def test_a_rater_without_a_rating_is_named(reader, sign_in):
    study = opened_study(3, n_raters=2)
    for shown in study.presentations.filter(rater=study.places.get(number=1).rater).select_related("rater"):
        for item in ("facial_expression", "rest_tremor_lip_jaw"):
            rate(shown, item, worse_by_one(shown))
    run = computed_run(services.close_study(study=study, actor=None), parameters=FEW)
    page = sign_in(reader).get(f"/runs/{run.pk}/agreement/").content.decode()
    assert "rater-2 gave no score" in page
    assert "Only one rater gave scores: agreement between raters is unknown." in page
    assert "−1.00" in page


def test_a_study_without_an_answer_has_a_page_that_says_so(reader, sign_in):
    run = computed_run(services.close_study(study=opened_study(2), actor=None), parameters=FEW)
    page = sign_in(reader).get(f"/runs/{run.pk}/agreement/").content.decode()
    assert "Nobody answered this item." in page


def test_the_same_run_gives_the_same_report_and_it_holds_versions_hashes_methods_and_limits():
    run = reported_run(closed_study(3, n_raters=2, score=worse_by_one), parameters=FEW)
    html, pdf = bytes(run.report.html), bytes(run.report.pdf)
    assert (html, pdf) == agreement_report.files_of(run, lambda part, stage: None)
    assert pdf.startswith(b"%PDF-")
    text = html.decode()
    told = (run.sha256, run.inputs["ratings"], run.inputs["protocol"], "agreement/1", "a margin for tests", "Estimand")
    for words in (*told, "200 draws of whole participants", "says nothing about privacy", "−1.00"):
        assert words in text, words
    assert text.count("data:image/svg+xml") > 8
    assert "<script" not in text


def test_reports_are_taken_home_under_log(reader, sign_in):
    run = reported_run(closed_study(2, score=worse_by_one), parameters=FEW)
    client = sign_in(reader)
    assert client.get(f"/runs/{run.pk}/report.html").headers["Content-Disposition"].startswith("attachment")
    assert Event.objects.filter(verb="study.results_read", note="run-html").count() == 1


def test_a_point_leads_to_the_scores_and_the_videos(reader, sign_in):
    study = closed_study(2, n_raters=2, score=worse_by_one)
    run = computed_run(study, parameters=FEW)
    client = sign_in(reader)
    page = client.get(f"/runs/{run.pk}/agreement/").content.decode()
    figure = re.search(r'<script id="limits-facial_expression-mask" type="application/json">(.+?)</script>', page)
    address = json.loads(figure[1])["data"][0]["customdata"][0][0]
    behind = client.get(address).content.decode()
    assert "rater-1: 1 · rater-2: 1" in behind
    assert "rater-1: 2 · rater-2: 2" in behind
    (video,) = re.findall(r'href="(/renditions/\d+/side-by-side/)"', behind)
    assert client.get(video).status_code == 200
    assert client.get(f"/runs/{run.pk}/participants/participant-99/").status_code == 404
    assert Event.objects.filter(verb="run.read", note="participant-scores").count() == 1


def test_a_group_is_a_run_of_its_own(reader, sign_in):
    study = closed_study(4, score=worse_by_one)
    people = list(Participant.objects.filter(cohort=study.cohort))
    Participant.objects.filter(pk__in=[one.pk for one in people[:3]]).update(sex="f", site="North")
    run = computed_run(study, parameters={**FEW, "sex": "f"})
    assert run.summary["n"]["participants"] == 3
    assert computed_run(study, parameters={**FEW, "severity": "more"}).summary["n"]["participants"] == 4
    page = sign_in(reader).get(f"/runs/{run.pk}/agreement/").content.decode()
    assert "sex = f" in page
    assert "<option>North</option>" in page


def test_a_group_of_nobody_and_parameters_that_are_none_are_refused():
    study = closed_study(1, score=worse_by_one)
    with pytest.raises(ValidationError, match="No participant of this study is in the group site = Moon"):
        computed_run(study, parameters={"site": "Moon"})
    with pytest.raises(ValidationError, match="Severity is mild, more, not odd"):
        computed_run(study, parameters={"severity": "odd"})
    for wrong, told in (({"rounds": 3}, "100 to 20000 times, not 3"), ({"colour": "red"}, "leave out colour")):
        with pytest.raises(ValidationError, match=told):
            run_services.request_run(kind=AGREEMENT, study=study, parameters=wrong, actor=None)


def test_the_study_leads_to_its_newest_run(reader, sign_in):
    study = closed_study(2, score=worse_by_one)
    client = sign_in(reader)
    assert "Nothing is computed yet" in client.get(f"/results/{study.pk}/").content.decode()
    run = computed_run(study, parameters=FEW)
    assert f'href="/runs/{run.pk}/agreement/"' in client.get(f"/results/{study.pk}/").content.decode()


def test_the_api_gives_what_a_run_found(reader, sign_in):
    run = computed_run(closed_study(2, score=worse_by_one), parameters=FEW)
    told = sign_in(reader).get(f"/api/runs/{run.pk}/").json()
    assert (told["state"], told["summary_sha256"], told["summary"]["n"]["participants"]) == ("done", run.sha256, 2)
    waiting = run_services.request_run(kind=AGREEMENT, study=run.study, actor=None)
    assert sign_in(reader).get(f"/api/runs/{waiting.pk}/").json()["summary"] is None


def test_a_study_that_is_not_closed_is_told_of_as_far_as_it_may_be(reader, sign_in):
    study = opened_study(2)
    client = sign_in(reader)
    answer = client.post(f"/results/{study.pk}/run/", follow=True).content.decode()
    assert "is not closed: what an analysis finds tells the arms" in answer
    assert "Sealed" in answer, "how far rating is stands there"
    assert not study.runs.exists()
