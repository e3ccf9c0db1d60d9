"""Adjudication: what raters differ on is shown once more to somebody who did not differ, and nobody learns the arm."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import Role
from analysis import adjudication_queries as results
from analysis.queries import answers, item_results
from ratings import adjudication_services as adjudication
from ratings import key, services
from ratings.algorithms.differences import who_differ
from ratings.debrief_services import begin_debrief
from ratings.models import Adjudication, Presentation, Rating, Study, StudyRater
from ratings.services import new_place
from tests.ratings.build import make_raters, opened_study, rate, rate_all

pytestmark = pytest.mark.django_db


def test_only_those_differ_who_are_more_than_a_point_from_somebody():
    assert who_differ({"a": 1, "b": 2, "c": 1}) == set()
    assert who_differ({"a": 1, "b": 3, "c": 2}) == {"a", "b"}
    assert who_differ({"a": 0, "b": 2, "c": 3, "d": 1}) == {"a", "b", "c", "d"}
    assert who_differ({}) == set()


@pytest.fixture
def study():
    """Three raters; the first scores 3 where the recording is the first and the arm original, all else is 1."""
    study = opened_study(3, n_raters=3)
    disputed = study.cohort.recordings.order_by("pk").first()
    first = study.places.get(number=1).rater
    versions = key.versions_of(study.pk)

    def score(shown: Presentation) -> int:
        known = shown.recording == disputed and versions[shown.pk].is_original
        return 3 if known and shown.rater == first else 1

    rate_all(study, score)
    study.disputed = disputed
    return study


@pytest.fixture
def outsider(study):
    (user,) = make_raters(1)
    adjudication.name_adjudicator(study=study, user=user, actor=None)
    return user


def adjudicate(study, score: int) -> Presentation:
    """Asked and answered."""
    adjudication.request_adjudication(study=study, actor=None)
    shown = study.presentations.get(adjudicates=True)
    for item in ("facial_expression", "rest_tremor_lip_jaw"):
        rate(shown, item, score)
    return shown


def test_the_version_on_which_raters_differ_is_shown_to_the_adjudicator_and_no_other(study, outsider):
    asked = adjudication.request_adjudication(study=study, actor=None)
    assert (asked.n_shown, asked.n_without) == (1, 0)
    shown = study.presentations.get(adjudicates=True)
    assert (shown.rater, shown.recording) == (outsider, study.disputed)
    assert key.versions_of(study.pk)[shown.pk].is_original
    assert {one.item for one in shown.adjudications.all()} == {"facial_expression", "rest_tremor_lip_jaw"}


def test_asking_twice_shows_nothing_twice(study, outsider):
    adjudication.request_adjudication(study=study, actor=None)
    assert adjudication.request_adjudication(study=study, actor=None).n_shown == 0


def test_nobody_who_differed_decides(study):
    """The first differs from both others, so all three did."""
    for place in study.places.all():
        adjudication.name_adjudicator(study=study, user=place.rater, actor=None)
    asked = adjudication.request_adjudication(study=study, actor=None)
    assert (asked.n_shown, asked.n_without) == (0, 1)


def test_before_all_is_rated_nothing_is_compared():
    study = opened_study(2, n_raters=2)
    adjudication.name_adjudicator(study=study, user=make_raters(1)[0], actor=None)
    with pytest.raises(ValidationError, match="8 presentations are not rated yet"):
        adjudication.request_adjudication(study=study, actor=None)


def test_to_the_adjudicator_it_is_a_video_like_any_other(study, outsider, sign_in):
    adjudication.request_adjudication(study=study, actor=None)
    client = sign_in(outsider)
    page = client.get("/rate/next/", follow=True)
    shown = study.presentations.get(adjudicates=True)
    assert page.request["PATH_INFO"] == f"/rate/{shown.pk}/"
    told = page.content.decode().lower()
    assert "1 of 1" in told
    assert not [word for word in ("adjudic", "differ", "disput", "once more") if word in told]
    assert all(f'data-item="{item}"' in told for item in ("facial_expression", "rest_tremor_lip_jaw"))
    other = study.presentations.filter(recording=study.disputed).exclude(rater=outsider).first()
    ordinary = sign_in(other.rater).get(f"/rate/{other.pk}/")
    assert told.count("data-") == ordinary.content.decode().count("data-"), "the page is made of the same parts"


def test_the_score_stands_beside_the_others_and_replaces_none(study, outsider):
    before = Rating.objects.count()
    adjudicate(study, 2)
    services.close_study(study=study, actor=None)
    study.refresh_from_db()
    frame = answers(study)
    assert len(frame) == before, "answers are those of the raters"
    assert item_results(frame, study)[0].deviation.n_pairs == 9
    (row, _tremor) = results.adjudicated(study, frame).to_dict("records")
    assert (row["arm"], row["score"], row["lowest"], row["highest"], row["n_raters"]) == ("original", 2, 1, 3, 3)
    (item, _other) = results.by_item(study, results.adjudicated(study, frame))
    assert item.difference == pytest.approx(2 - 5 / 3)


def test_adjudicated_scores_are_on_the_results_page_once_the_study_is_closed(study, outsider, sign_in):
    adjudicate(study, 2)
    reader = sign_in(Role.ADMINISTRATOR)
    assert "Adjudicated scores" not in reader.get(f"/results/{study.pk}/").content.decode()
    services.close_study(study=study, actor=None)
    assert "Adjudicated scores" in reader.get(f"/results/{study.pk}/").content.decode()


def test_progress_of_the_raters_does_not_count_what_is_shown_again(study, outsider, sign_in):
    adjudication.request_adjudication(study=study, actor=None)
    page = sign_in(Role.ADMINISTRATOR).get(f"/studies/{study.pk}/").content.decode()
    assert "6 of 6" in page
    assert "not rated yet" not in page


def test_who_was_asked_what_the_videos_were_adjudicates_no_more(study):
    Study.objects.filter(pk=study.pk).update(protocol=study.protocol | {"debrief_videos": 2})
    agreeing = study.places.select_related("study", "rater").get(number=2)
    adjudication.name_adjudicator(study=study, user=agreeing.rater, actor=None)
    begin_debrief(place=StudyRater.objects.select_related("study", "rater").get(pk=agreeing.pk))
    with pytest.raises(ValidationError, match="who has not begun"):
        adjudication.request_adjudication(study=study, actor=None)


def test_an_adjudicator_is_dismissed_until_something_was_shown_to_them(study, outsider, sign_in):
    client, named = sign_in(Role.ADMINISTRATOR), study.adjudicators.get()
    adjudication.request_adjudication(study=study, actor=None)
    told = client.post(f"/study-adjudicators/{named.pk}/remove/", follow=True).content.decode()
    assert "has been shown videos already" in told
    (other,) = make_raters(1)
    another = adjudication.name_adjudicator(study=study, user=other, actor=None)
    client.post(f"/study-adjudicators/{another.pk}/remove/")
    assert [one.user for one in study.adjudicators.all()] == [outsider]


def test_not_even_the_database_takes_an_adjudication_by_somebody_who_was_not_named(study):
    known = {"study": study, "recording": study.disputed, "position": 1, "storage_name": "x", "shown_bytes": 1}
    (other,) = make_raters(1)
    new_place(study=study, rater=other, rates=False)
    Presentation.objects.create(**known, rater=other, adjudicates=True)
    with pytest.raises(IntegrityError, match="presentation_adjudicator_of_study"), transaction.atomic():
        connection.check_constraints()
    Presentation.objects.filter(adjudicates=True).delete()


def test_a_code_that_is_broken_is_not_adjudicated(study, outsider):
    study.presentations.filter(recording=study.disputed).update(broken_at="2026-01-31T12:00Z")
    assert adjudication.request_adjudication(study=study, actor=None).n_shown == 0


CHANGES = ["UPDATE ratings_adjudication SET item = 'speech'", "DELETE FROM ratings_adjudication"]


@pytest.mark.parametrize("statement", CHANGES)
def test_what_was_asked_is_never_changed(study, outsider, statement):
    adjudication.request_adjudication(study=study, actor=None)
    with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
        connection.cursor().execute(statement)
    assert Adjudication.objects.count() == 2
