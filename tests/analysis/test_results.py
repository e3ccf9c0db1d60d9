"""Results: sealed until the study is closed, then by arm, under pseudonyms, with each look in the log."""

import csv
import io
import json

import pytest
from django.test import Client

from accounts.models import Role
from analysis import exports, figures, queries
from audit.models import Event
from frontend.csv_lines import safe_cell
from ratings import services
from ratings.models import Presentation
from tests.ratings.build import arm_of, closed_study, draft_study, opened_study, rate, rate_all

pytestmark = pytest.mark.django_db


def one_worse(presentation: Presentation) -> int:
    """Originals are scored 1, de-identified versions 2: every deviation is -1."""
    return 1 if arm_of(presentation) == "original" else 2


@pytest.fixture
def investigator(sign_in):
    return sign_in(Role.INVESTIGATOR)


# --- the frame


def test_the_arms_are_joined_to_the_right_scores():
    frame = queries.answers(closed_study(3, n_raters=2, score=one_worse))
    assert set(frame.loc[frame["arm"] == "original", "score"]) == {1}
    assert set(frame.loc[frame["arm"] == "de-identified", "score"]) == {2}
    assert len(frame) == 3 * 2 * 2 * 2  # recordings, versions, raters, items


@pytest.mark.parametrize("make", [draft_study, opened_study])
def test_nobody_reads_a_study_that_is_not_closed(make):
    with pytest.raises(queries.Sealed):
        queries.answers(make(1))


def test_the_newest_answer_is_read():
    study = opened_study(1)
    rate_all(study)
    presentation = study.presentations.select_related("rater").first()
    rate(presentation, "facial_expression", 4)
    frame = queries.answers(services.close_study(study=study, actor=None))
    assert sorted(frame.loc[frame["item"] == "facial_expression", "score"]) == [1, 4]


def test_pseudonyms_hide_names_and_codes_and_stay_the_same():
    study = closed_study(3, n_raters=2)
    frame = queries.answers(study)
    text = frame.to_csv()
    assert set(frame["rater"]) == {"rater-1", "rater-2"}
    assert set(frame["recording"]) == {"recording-1", "recording-2", "recording-3"}
    for participant in study.cohort.participants.all():
        assert participant.code not in text
    assert queries.answers(study).equals(frame)


# --- the numbers


def test_every_deviation_of_minus_one_gives_a_mean_of_minus_one():
    results = queries.item_results(queries.answers(closed_study(3, n_raters=2, score=one_worse)))
    assert [result.item.code for result in results] == ["facial_expression", "rest_tremor_lip_jaw"]
    for result in results:
        deviation = result.deviation
        assert (deviation.n_pairs, deviation.mean, deviation.identical, deviation.within_one) == (6, -1, 0, 1)
        assert (result.n_raters, result.n_participants) == (2, 3)


def test_not_sure_and_missing_are_counted_in_their_arm():
    study = opened_study(2)
    for presentation in study.presentations.select_related("rater"):
        if arm_of(presentation) == "original":
            rate(presentation, "facial_expression", None)
    results = queries.item_results(queries.answers(services.close_study(study=study, actor=None)))
    deviation = results[0].deviation
    assert (deviation.n_pairs, deviation.mean) == (0, None)
    assert (deviation.original.n_not_sure, deviation.original.n_missing) == (2, 0)
    assert (deviation.deidentified.n_not_sure, deviation.deidentified.n_missing) == (0, 2)


def test_the_figure_is_json_and_says_n_and_units():
    results = queries.item_results(queries.answers(closed_study(2, score=one_worse)))
    figure = figures.deviation_figure(results)
    text = json.dumps(figure, allow_nan=False)
    assert "3.2 Facial expression (n = 2)" in text
    assert figure["layout"]["xaxis"]["title"]["text"].endswith("(points of the 0–4 scale)")
    assert figure["data"][0]["y"][3] == 100  # all at -1
    assert [bars["marker"]["color"] for bars in figure["data"]] == ["#0072B2", "#E69F00"]


def test_without_pairs_there_is_no_figure():
    study = services.close_study(study=opened_study(1), actor=None)
    assert figures.deviation_figure(queries.item_results(queries.answers(study))) is None


@pytest.mark.parametrize(("value", "text"), [(-0.23, "−0.23"), (0.5, "+0.50"), (0.0, "0.00"), (-0.001, "0.00")])
def test_means_show_their_sign(value, text):
    assert figures.signed(value, 2) == text


# --- the page


def test_a_closed_study_shows_its_numbers_and_limits(investigator):
    study = closed_study(2, score=one_worse)
    response = investigator.get(f"/results/{study.pk}/")
    page = response.content.decode()
    assert "−1.00" in page
    assert "100.0%" in page
    assert "does not generalise to raters at large" in page
    assert '<script id="deviation" type="application/json">' in page
    policy = response.headers["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src 'self';" in policy + ";"


def test_a_study_without_a_rating_says_undefined(investigator):
    study = services.close_study(study=opened_study(1), actor=None)
    page = investigator.get(f"/results/{study.pk}/").content.decode()
    assert "undefined" in page
    assert "data-figure" not in page


@pytest.mark.parametrize("make", [draft_study, opened_study])
def test_before_the_closing_the_page_shows_progress_and_no_arm(investigator, make):
    study = make(2)
    if study.presentations.exists():
        rate_all(study, one_worse)
    response = investigator.get(f"/results/{study.pk}/")
    page = response.content.decode()
    assert response.status_code == 200
    assert "Sealed" in page
    for word in ("de-identified", "original", "deviation", "pairs", "CSV"):
        assert word not in page
    assert not Event.objects.filter(verb="study.results_read").exists()


def test_every_look_is_in_the_log(investigator):
    study = closed_study(1)
    investigator.get(f"/results/{study.pk}/")
    investigator.get(f"/results/{study.pk}/ratings.csv")
    looks = Event.objects.filter(verb="study.results_read", target_id=str(study.pk), actor=investigator.user)
    assert sorted(looks.values_list("note", flat=True)) == ["csv", "page"]


def test_the_list_costs_the_same_for_one_and_for_three(investigator, django_assert_num_queries):
    closed_study(1, name="A")
    with django_assert_num_queries(4) as one:  # session, user, studies, experiments
        investigator.get("/results/")
    for name in "BC":
        opened_study(1, name=name)
    with django_assert_num_queries(len(one)):
        assert investigator.get("/results/").content.count(b'<a href="/results/') >= 3


def test_a_page_of_results_costs_the_same_for_one_and_for_three_recordings(investigator, django_assert_max_num_queries):
    small, large = closed_study(1, name="A"), closed_study(3, n_raters=2, name="B")
    with django_assert_max_num_queries(24) as one:  # two of them ask for runs
        investigator.get(f"/results/{small.pk}/")
    with django_assert_max_num_queries(len(one)):
        investigator.get(f"/results/{large.pk}/")


# --- the download


def test_the_csv_has_one_line_for_each_current_answer(investigator):
    study = opened_study(1)
    rate_all(study, one_worse)
    rate(study.presentations.select_related("rater").first(), "facial_expression", None)
    services.close_study(study=study, actor=None)
    response = investigator.get(f"/results/{study.pk}/ratings.csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert list(rows[0]) == ["study", *queries.COLUMNS]
    assert len(rows) == 4
    assert sorted((row["score"], row["not_sure"]) for row in rows)[0] == ("", "1")
    assert {row["rater"] for row in rows} == {"rater-1"}
    assert all(row["saved_at"].endswith("+00:00") for row in rows)


def test_answers_never_given_are_not_in_the_csv(investigator):
    study = services.close_study(study=opened_study(1), actor=None)
    body = b"".join(investigator.get(f"/results/{study.pk}/ratings.csv").streaming_content)
    assert body.count(b"\r\n") == 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_study_named_like_a_formula_is_text_in_the_csv(investigator, start):
    study = closed_study(1)
    study.name = f"{start}HYPERLINK(1)"
    lines = "".join(exports.ratings_csv(study, queries.answers(study)))
    cells = [row[0] for row in csv.reader(io.StringIO(lines, newline=""))][1:]
    assert set(cells) == {f"'{start}HYPERLINK(1)"}


@pytest.mark.parametrize("number", [-1, -0.25, 4])
def test_numbers_stay_numbers_in_the_csv(number):
    assert safe_cell(number) == number


@pytest.mark.parametrize("make", [draft_study, opened_study])
def test_the_csv_is_refused_before_the_closing(investigator, make):
    assert investigator.get(f"/results/{make(1).pk}/ratings.csv").status_code == 403
    assert not Event.objects.filter(verb="study.results_read").exists()


# --- every page

PAGES = ("/results/", "/results/{study}/", "/results/{study}/ratings.csv")


@pytest.mark.parametrize("address", PAGES)
def test_nobody_signed_in_is_sent_to_the_sign_in(address):
    response = Client().get(address.format(study=closed_study(1).pk))
    assert response.headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.RATER, Role.JUDGE])
def test_results_are_for_investigators_and_administrators(sign_in, address, role):
    assert sign_in(role).get(address.format(study=closed_study(1).pk)).status_code == 403


@pytest.mark.parametrize("address", PAGES)
def test_administrators_read_results(sign_in, address):
    assert sign_in(Role.ADMINISTRATOR).get(address.format(study=closed_study(1).pk)).status_code == 200


@pytest.mark.parametrize("address", PAGES)
def test_pages_of_results_take_no_post(investigator, address):
    assert investigator.post(address.format(study=closed_study(1).pk)).status_code == 405


def test_an_unknown_study_is_404(investigator):
    assert investigator.get("/results/999999/").status_code == 404
