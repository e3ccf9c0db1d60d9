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
    given = answer()
    response = post(client, presentation, given)
    assert response.status_code == 201
    assert response.json() == {
        "client_id": given["client_id"],
        "item": "facial_expression",
        "score": 2,
        "not_sure": False,
        "reason": "",
        "comment": "",
        "saved_at": Rating.objects.get().saved_at.isoformat().replace("+00:00", "Z"),
    }


def test_not_sure_is_an_answer(client, presentation):
    response = post(client, presentation, answer(score=None, not_sure=True, reason="no_audio"))
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
        {"score": None, "not_sure": True},
        {"score": None, "not_sure": True, "reason": "tired"},
        {"reason": "artefact"},
        {"reason": None},
        {"comment": "x" * 501},
        {"comment": "a\0b"},
        {"comment": "\ud800"},
        {"comment": 5},
        {"change_reason": "slip"},
        {"change_reason": ["slip"]},
        {"replaces": "nothing"},
        {"answered_at": "yesterday"},
        {"answered_at": "9999-12-31T23:59:59Z"},
        {"answered_at": "0001-01-01T00:00:00+14:00"},
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


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_get_405(client, presentation, method):
    assert getattr(client, method)(address(presentation)).status_code == 405


def test_without_a_csrf_token_nothing_is_kept(presentation):
    client = Client(enforce_csrf_checks=True)
    client.login(username=presentation.rater.username, password=PASSWORD)
    assert post(client, presentation, answer()).status_code == 403
    assert not Rating.objects.exists()


# --- which answer stands


def second(first, **changes):
    """A change of an answer, by a page that knows the first."""
    return answer(score=3, replaces=first["client_id"], change_reason="second_look") | changes


def test_a_change_is_a_new_answer_with_a_reason(client, presentation):
    first = answer(replaces=None)
    post(client, presentation, first)
    response = post(client, presentation, second(first))
    assert (response.status_code, response.json()["score"]) == (201, 3)
    assert list(Rating.objects.values_list("score", "change_reason", "replaces__score")) == [
        (2, "", None),
        (3, "second_look", 2),
    ]


def test_a_change_without_a_reason_is_refused(client, presentation):
    first = answer()
    post(client, presentation, first)
    response = post(client, presentation, second(first, change_reason=""))
    assert response.status_code == 400
    assert "Say why you change" in response.json()["detail"][0]


@pytest.mark.parametrize("knows", [None, "0b2f6c1e-8d1c-4a57-9f0e-0c8f0a5d7c11"])
def test_a_page_that_does_not_know_the_current_answer_is_told_it(client, presentation, knows):
    first = answer(comment="looks left")
    post(client, presentation, first)
    response = post(client, presentation, second(first, replaces=knows))
    told = response.json()
    assert (response.status_code, told["code"]) == (409, "answered_elsewhere")
    assert (told["current"]["client_id"], told["current"]["score"]) == (first["client_id"], 2)
    assert told["current"]["comment"] == "looks left"
    assert Rating.objects.count() == 1


def test_of_two_windows_one_answer_stands_and_the_other_is_told(client, presentation):
    first = answer()
    post(client, presentation, first)
    one, other = second(first), second(first, score=4)
    assert [post(client, presentation, body).status_code for body in (one, other)] == [201, 409]
    assert post(client, presentation, one).status_code == 200, "a repeat is no conflict"
    assert post(client, presentation, second(one, score=4)).status_code == 201


def test_a_repeat_of_a_replaced_answer_is_told_as_one(client, presentation):
    first = answer(replaces=None)
    post(client, presentation, first)
    post(client, presentation, second(first))
    assert post(client, presentation, first).status_code == 200
    assert Rating.objects.count() == 2


def test_the_current_answers_are_told(client, presentation):
    assert client.get(address(presentation)).json() == {"answers": [], "locked": False, "seen_before": None}
    first = answer()
    post(client, presentation, first)
    post(client, presentation, second(first))
    lips = answer(item="rest_tremor_lip_jaw", score=None, not_sure=True, reason="not_visible", comment="a hand")
    post(client, presentation, lips)
    told = client.get(address(presentation)).json()["answers"]
    assert [(one["item"], one["score"], one["reason"], one["comment"]) for one in told] == [
        ("facial_expression", 3, "", ""),
        ("rest_tremor_lip_jaw", None, "not_visible", "a hand"),
    ]


def test_the_clock_of_the_browser_is_kept_and_not_believed(client, presentation):
    post(client, presentation, answer(answered_at="1999-12-31T23:59:59.5+01:00"))
    rating = Rating.objects.get()
    assert rating.answered_at.isoformat() == "1999-12-31T22:59:59.500000+00:00"
    assert rating.saved_at.year > 2020


# --- acquaintance


def acquainted(client, presentation, seen_before, client_id=None):
    body = {"client_id": client_id or str(uuid.uuid4()), "seen_before": seen_before}
    return client.post(
        f"/api/presentations/{presentation.pk}/acquaintance/", json.dumps(body), content_type="application/json"
    )


def test_who_was_seen_before_is_kept_and_the_last_word_holds(client, presentation):
    client_id = str(uuid.uuid4())
    assert acquainted(client, presentation, True, client_id).status_code == 201
    assert acquainted(client, presentation, True, client_id).status_code == 200
    assert acquainted(client, presentation, False, client_id).status_code == 409
    assert client.get(address(presentation)).json()["seen_before"] is True
    acquainted(client, presentation, False)
    assert client.get(address(presentation)).json()["seen_before"] is False


@pytest.mark.parametrize("seen_before", [None, 1, "yes", []])
def test_what_is_neither_seen_nor_unseen_is_refused(client, presentation, seen_before):
    assert acquainted(client, presentation, seen_before).status_code == 400
