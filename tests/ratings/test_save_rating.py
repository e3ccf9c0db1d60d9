"""Answers: kept once, never changed, refused when the study is over."""

import threading
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from audit.models import Event
from ratings import queries, services
from ratings.items import ITEMS, items_for
from ratings.models import Rating
from tests.factories import RecordingFactory
from tests.ratings.build import make_raters, opened_study, rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def presentation():
    return opened_study(1).presentations.select_related("rater", "study").get(position=1)


def save(presentation, **changes):
    given = {"item": "facial_expression", "score": 2, "not_sure": False, "client_id": uuid.uuid4()}
    given["rater"] = presentation.rater
    if changes.get("not_sure"):
        given["reason"] = "artefact"
    return services.save_rating(presentation=presentation, **(given | changes))


def test_an_answer_is_kept(presentation):
    rating, new = save(presentation)
    assert new
    assert (rating.item, rating.score, rating.not_sure) == ("facial_expression", 2, False)


def test_the_same_delivery_twice_is_one_row(presentation):
    client_id = uuid.uuid4()
    first, _new = save(presentation, client_id=client_id)
    again, new = save(presentation, client_id=client_id)
    assert (again, new) == (first, False)
    assert Rating.objects.count() == 1


@pytest.mark.parametrize("change", [{"score": 3}, {"score": None, "not_sure": True}, {"item": "rest_tremor_lip_jaw"}])
def test_an_id_used_for_another_answer_is_refused(presentation, change):
    client_id = uuid.uuid4()
    save(presentation, client_id=client_id)
    with pytest.raises(ValidationError) as refused:
        save(presentation, client_id=client_id, **change)
    assert refused.value.code == "client_id_reused"
    assert Rating.objects.count() == 1


def test_the_newest_answer_counts_and_the_older_one_stays(presentation):
    for score in (1, 3, 2):
        rate(presentation, "facial_expression", score)
    assert queries.current_answers(presentation)["facial_expression"].score == 2
    assert [rating.score for rating in Rating.objects.all()] == [1, 3, 2]


def test_a_presentation_is_complete_when_every_item_is_answered(presentation):
    rate(presentation, "facial_expression", 0)
    presentation.refresh_from_db()
    assert presentation.started_at
    assert presentation.completed_at is None
    rate(presentation, "rest_tremor_lip_jaw", None)
    presentation.refresh_from_db()
    assert presentation.completed_at >= presentation.started_at


def test_a_changed_answer_does_not_move_the_time_of_completion(presentation):
    for item in ITEMS:
        if item != "speech":
            rate(presentation, item, 0)
    presentation.refresh_from_db()
    completed = presentation.completed_at
    rate(presentation, "facial_expression", 4)
    presentation.refresh_from_db()
    assert presentation.completed_at == completed


def test_an_item_of_another_task_is_refused(presentation):
    with pytest.raises(ValidationError, match="“speech” is not scored here"):
        save(presentation, item="speech")


@pytest.mark.parametrize("score", [-1, 5, True, 1.0, "1", 10**400])
def test_only_whole_numbers_of_the_scale_are_scores(presentation, score):
    with pytest.raises(ValidationError, match="whole number from 0 to 4"):
        save(presentation, score=score)


@pytest.mark.parametrize(("score", "not_sure"), [(2, True), (None, False)])
def test_an_answer_is_a_score_or_not_sure_and_not_both(presentation, score, not_sure):
    with pytest.raises(ValidationError, match="not sure"):
        save(presentation, score=score, not_sure=not_sure)


def test_nobody_answers_for_another_rater(presentation):
    with pytest.raises(presentation.DoesNotExist):
        save(presentation, rater=make_raters(1)[0])


def test_a_closed_study_takes_no_answer_but_knows_what_it_has(presentation):
    client_id = uuid.uuid4()
    save(presentation, client_id=client_id)
    services.close_study(study=presentation.study, actor=None)
    with pytest.raises(ValidationError) as refused:
        save(presentation)
    assert refused.value.code == "study_not_open"
    assert save(presentation, client_id=client_id)[1] is False


def test_the_first_look_is_noted_once(presentation):
    for _ in range(2):
        services.start_presentation(presentation=presentation)
    assert Event.objects.filter(verb="presentation.started", target_id=str(presentation.pk)).count() == 1


@pytest.mark.parametrize(
    ("task", "has_audio", "numbers"),
    [
        ("facial_expression", False, ["3.2", "3.17"]),
        ("rest", True, ["3.17"]),
        ("speech", True, ["3.1"]),
        ("speech", False, []),
    ],
)
def test_each_task_has_its_items(task, has_audio, numbers):
    assert [item.number for item in items_for(RecordingFactory(task=task, has_audio=has_audio))] == numbers


# --- the database holds the rules too


@pytest.mark.parametrize(
    "statement", ["UPDATE ratings_rating SET score = 0", "DELETE FROM ratings_rating WHERE score = 2"]
)
def test_sql_cannot_change_or_remove_an_answer(presentation, statement):
    save(presentation)
    with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
        connection.cursor().execute(statement)
    assert Rating.objects.get().score == 2


@pytest.mark.parametrize(
    ("item", "score", "not_sure"),
    [
        ("facial_expression", 5, False),
        ("facial_expression", -1, False),
        ("facial_expression", None, False),
        ("facial_expression", 1, True),
        ("Gait!", 1, False),
    ],
)
def test_the_database_refuses_an_impossible_answer(presentation, item, score, not_sure):
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.create(
            presentation=presentation, item=item, score=score, not_sure=not_sure, client_id=uuid.uuid4()
        )


def test_one_client_id_is_one_row_in_the_database(presentation):
    rating, _new = save(presentation)
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.create(
            presentation=presentation, item="rest_tremor_lip_jaw", score=1, client_id=rating.client_id
        )


@pytest.mark.django_db(transaction=True)
def test_eight_deliveries_at_once_are_one_row(presentation):
    client_id, outcomes = uuid.uuid4(), []

    def deliver():
        try:
            outcomes.append(save(presentation, client_id=client_id)[1])
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 7 + [True]
    assert Rating.objects.count() == 1
