"""The desk's API against honest and hostile clients."""

import json
import uuid

import pytest
from django.test import Client

from accounts.models import Role
from ratings import services
from ratings.models import Rating
from tests.factories import PASSWORD
from tests.ratings.build import make_raters, opened_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def presentation():
    return opened_study(1).presentations.select_related("rater", "study").get(position=1)


@pytest.fixture
def client(presentation, sign_in):
    return sign_in(presentation.rater)


def address(presentation):
    return f"/api/presentations/{presentation.pk}/ratings/"


def answer(**changes):
    given = {"item": "facial_expression", "score": 2, "not_sure": False, "client_id": str(uuid.uuid4())}
    return given | changes


def post(client, presentation, body):
    body = body if isinstance(body, str) else json.dumps(body)
    return client.post(address(presentation), body, content_type="application/json")


def test_an_answer_is_kept_and_told_with_its_time(client, presentation):
    response = post(client, presentation, answer())
    assert response.status_code == 201
    assert response.json() == {
        "item": "facial_expression",
        "score": 2,
        "not_sure": False,
        "saved_at": Rating.objects.get().saved_at.isoformat().replace("+00:00", "Z"),
    }


def test_not_sure_is_an_answer(client, presentation):
    response = post(client, presentation, answer(score=None, not_sure=True))
    assert (response.status_code, response.json()["score"], response.json()["not_sure"]) == (201, None, True)


def test_a_repeat_is_told_as_one_and_with_the_first_time(client, presentation):
    body = answer()
    first, again = post(client, presentation, body), post(client, presentation, body)
    assert again.status_code == 200
    assert again.json() == first.json()
    assert Rating.objects.count() == 1


@pytest.mark.parametrize(
    "score",
    ["-1", "5", '"4"', "true", "false", "2.0", "2.5", "[2]", "{}", "1" + 400 * "0", "1e400", "NaN", "Infinity", '""'],
)
def test_what_is_no_score_is_refused(client, presentation, score):
    body = json.dumps(answer(score="SCORE")).replace('"SCORE"', score)
    response = post(client, presentation, body)
    assert response.status_code == 400
    assert len(response.content) < 300
    assert not Rating.objects.exists()


def test_a_number_too_long_to_be_read_is_refused(client, presentation):
    body = json.dumps(answer(score="SCORE")).replace('"SCORE"', "9" * 5000)
    assert post(client, presentation, body).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"score": None},
        {"not_sure": True},
        {"not_sure": "yes"},
        {"not_sure": 1},
        {"not_sure": None},
        {"item": "speech"},
        {"item": "gait"},
        {"item": ""},
        {"item": None},
        {"item": ["facial_expression"]},
        {"item": "facial_expression\0"},
        {"item": "x" * 10_000},
        {"client_id": None},
        {"client_id": ""},
        {"client_id": 5},
        {"client_id": "not a uuid"},
        {"client_id": {"a": 1}},
    ],
)
def test_a_wrong_answer_is_refused_with_words(client, presentation, changes):
    response = post(client, presentation, answer(**changes))
    assert response.status_code == 400
    assert any(response.json().values())
    assert not Rating.objects.exists()


@pytest.mark.parametrize("missing", ["item", "client_id", "score"])
def test_a_missing_part_is_named(client, presentation, missing):
    body = answer()
    del body[missing]
    response = post(client, presentation, body)
    assert response.status_code == 400
    assert missing in response.content.decode()


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "3", '"text"', "\xff", '{"item": NaN}'])
def test_what_is_no_answer_at_all_is_refused(client, presentation, body):
    assert post(client, presentation, body).status_code == 400


def test_only_json_is_taken(client, presentation):
    assert client.post(address(presentation), answer()).status_code == 415


def test_an_id_of_another_answer_is_a_conflict(client, presentation):
    body = answer()
    post(client, presentation, body)
    response = post(client, presentation, body | {"score": 4})
    assert response.status_code == 409
    assert "another answer" in response.json()["detail"][0]


def test_an_answer_after_the_closing_is_a_conflict(client, presentation):
    services.close_study(study=presentation.study, actor=None)
    response = post(client, presentation, answer())
    assert response.status_code == 409
    assert "Closed" in response.json()["detail"][0]


def test_another_rater_gets_404(presentation, sign_in):
    assert post(sign_in(make_raters(1)[0]), presentation, answer()).status_code == 404


def test_an_unknown_presentation_is_404(client):
    assert client.post(f"/api/presentations/{uuid.uuid4()}/ratings/").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role != Role.RATER])
def test_other_roles_get_403(presentation, sign_in, role):
    assert post(sign_in(role), presentation, answer()).status_code == 403


def test_nobody_signed_in_gets_403(presentation):
    assert post(Client(), presentation, answer()).status_code == 403


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_get_405(client, presentation, method):
    assert getattr(client, method)(address(presentation)).status_code == 405


def test_without_a_csrf_token_nothing_is_kept(presentation):
    client = Client(enforce_csrf_checks=True)
    client.login(username=presentation.rater.username, password=PASSWORD)
    assert post(client, presentation, answer()).status_code == 403
    assert not Rating.objects.exists()
