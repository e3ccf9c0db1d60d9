"""A session that is signed is locked; unlocking makes the signature void."""

import json
import uuid
from dataclasses import replace

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from accounts.models import Role
from audit.models import Event
from ratings import services, session_queries, signing_services
from ratings.models import Rating, SessionSignature
from tests.accounts.codes import code
from tests.factories import PASSWORD, UserFactory
from tests.ratings.build import READY, opened_study, rate, rate_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator():
    return UserFactory(role=Role.COORDINATOR)


@pytest.fixture
def study(coordinator):
    return opened_study(1, coordinator=coordinator)


@pytest.fixture
def rater(study):
    return study.raters.get()


def address(study, act="sign"):
    return f"/rate/studies/{study.pk}/sessions/0/{act}/"


def signed(study):
    rate_all(study)
    place = study.places.get()
    return signing_services.sign_session(study=study, session=0, rater=place.rater, second_factor=False)


def test_a_complete_session_is_signed_with_the_password(study, rater, sign_in):
    client = sign_in(rater)
    assert "Sign this session" not in client.get("/rate/").content.decode()
    rate_all(study)
    assert address(study) in client.get("/rate/").content.decode()
    assert "complete and my own" in client.get(address(study)).content.decode()
    assert client.post(address(study), {"password": PASSWORD}).status_code == 302
    signature = SessionSignature.objects.get()
    assert (signature.name, signature.n_answers) == (rater.display_name, 2)
    assert signature.meaning == "My answers of this session are complete and my own."
    assert Event.objects.filter(verb="session.signed", actor=rater).count() == 1
    assert signature.sha256 in client.get(address(study)).content.decode()


def test_a_wrong_password_signs_nothing(study, rater, sign_in):
    rate_all(study)
    assert sign_in(rater).post(address(study), {"password": "not this one"}).status_code == 422
    assert not SessionSignature.objects.exists()


def test_who_has_a_second_factor_gives_its_code_too(study, rater, sign_in):
    rate_all(study)
    client, secret = sign_in(rater), generate_totp_secret()
    TOTP.activate(rater, secret)
    for given in ({"password": PASSWORD}, {"password": PASSWORD, "code": "000000"}):
        assert client.post(address(study), given).status_code == 422
    assert client.post(address(study), {"password": PASSWORD, "code": code(secret)}).status_code == 302
    assert SessionSignature.objects.get().second_factor


def test_an_incomplete_session_is_not_signed(study, rater, sign_in):
    rate(study.presentations.select_related("rater").first(), "facial_expression", 1)
    client = sign_in(rater)
    assert client.post(address(study), {"password": PASSWORD}).status_code == 422
    assert client.get(f"/rate/studies/{study.pk}/sessions/5/sign/").status_code == 404


def test_a_signed_session_takes_no_answer_and_knows_what_it_has(study, rater, sign_in):
    signed(study)
    client, presentation = sign_in(rater), study.presentations.get(position=1)
    kept = Rating.objects.get(presentation=presentation, item="facial_expression")
    body = {"item": kept.item, "score": 3, "client_id": str(uuid.uuid4()), "replaces": str(kept.client_id),
            "change_reason": "slip"}  # fmt: skip
    api = f"/api/presentations/{presentation.pk}/ratings/"
    response = client.post(api, json.dumps(body), content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (409, "session_locked")
    assert response.json()["current"]["client_id"] == str(kept.client_id)
    assert client.get(api).json()["locked"] is True
    again = body | {"score": kept.score, "client_id": str(kept.client_id), "change_reason": ""}
    assert client.post(api, json.dumps(again), content_type="application/json").status_code == 200
    seen = {"client_id": str(uuid.uuid4()), "seen_before": True}
    refused = client.post(api.replace("ratings", "acquaintance"), json.dumps(seen), content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "session_locked")


def test_the_database_itself_refuses_answers_to_a_signed_session_and_to_a_closed_study(study):
    signed(study)
    presentation = study.presentations.get(position=1)
    current = Rating.objects.get(presentation=presentation, item="facial_expression")

    def put_in():
        Rating.objects.create(presentation=presentation, item=current.item, score=4, client_id=uuid.uuid4(),
                              place=current.place, reason="", replaces=current, change_reason="slip")  # fmt: skip

    with pytest.raises(DatabaseError, match="session is signed"), transaction.atomic():
        put_in()
    services.close_study(study=study, actor=None)
    with pytest.raises(DatabaseError, match="only an open study"), transaction.atomic():
        put_in()


def test_the_rater_unlocks_with_a_reason_changes_and_signs_again(study, rater, sign_in):
    first, client = signed(study), sign_in(rater)
    client.post(address(study, "unlock"), {"reason": ""})
    first.refresh_from_db()
    assert first.voided_at is None
    client.post(address(study, "unlock"), {"reason": "looked at the wrong eye"})
    first.refresh_from_db()
    assert (first.voided_by, first.void_reason) == (rater, "looked at the wrong eye")
    rate(study.presentations.select_related("rater").first(), "facial_expression", 4)
    client.post(address(study), {"password": PASSWORD})
    assert SessionSignature.objects.exclude(sha256=first.sha256).filter(voided_at=None).count() == 1
    assert list(Event.objects.filter(verb__startswith="session.").order_by("id").values_list("verb", flat=True)) == [
        "session.signed", "session.unlocked", "session.signed",
    ]  # fmt: skip


def test_a_coordinator_unlocks_and_sees_who_did_what(study, coordinator, sign_in):
    signature, client = signed(study), sign_in(coordinator)
    client.post(f"/session-signatures/{signature.pk}/void/", {"reason": "the rater asked for it"})
    signature.refresh_from_db()
    assert signature.voided_by == coordinator
    page = client.get(f"/studies/{study.pk}/").content.decode()
    assert "the rater asked for it" in page
    assert "2 sessions are not signed by their raters." in page


def test_closing_says_how_many_are_unsigned_and_is_not_hindered(coordinator, sign_in):
    study = opened_study(2, n_raters=2, coordinator=coordinator, protocol=replace(READY, sessions=1))
    rate_all(study)
    n = session_queries.n_unsigned(study)
    assert n == 4, "two sittings of each of two raters"
    assert (
        f"{n} sessions are not signed by their raters."
        in sign_in(coordinator).get(f"/studies/{study.pk}/").content.decode()
    )
    services.close_study(study=study, actor=coordinator)


def test_nothing_is_signed_or_unlocked_in_a_closed_study(study, rater):
    signature = signed(study)
    services.close_study(study=study, actor=None)
    with pytest.raises(ValidationError) as refused:
        signing_services.void_signature(signature=signature, reason="too late", actor=rater)
    assert refused.value.code == "study_not_open"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM ratings_sessionsignature",
        "UPDATE ratings_sessionsignature SET sha256 = repeat('a', 64)",
        "UPDATE ratings_sessionsignature SET n_answers = 1, voided_at = now(), void_reason = 'x'",
        "UPDATE ratings_sessionsignature SET voided_at = now()",
        "UPDATE ratings_sessionsignature SET void_reason = 'x'",
    ],
)
def test_a_signature_is_neither_changed_nor_removed(study, statement):
    signed(study)
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute(statement)


def test_the_sessions_cost_the_same_for_one_and_for_many(django_assert_num_queries):
    for protocol, n in ((READY, 2), (replace(READY, sessions=2), 4)):
        study = opened_study(2, name=f"Study of {n}", protocol=protocol)
        rater = study.raters.get()
        with django_assert_num_queries(3):
            assert len(session_queries.sessions_of(rater)) == n
