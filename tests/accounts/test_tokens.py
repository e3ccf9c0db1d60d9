"""Service tokens: within scopes, for a time, never beyond their user."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from accounts import services, token_services
from accounts.api import ScopedAPIView
from accounts.models import Role, ServiceToken
from audit.models import Event
from cohorts.access import cohorts_for
from tests.factories import CohortFactory, UserFactory

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


class Cohorts(ScopedAPIView):
    """As an endpoint of the API would be: the user's own objects, behind a scope."""

    scopes = {"GET": "read:cohorts"}

    def get(self, request: Request) -> Response:
        return Response([cohort.name for cohort in cohorts_for(request.user)])

    def post(self, request: Request) -> Response:
        return Response(status=201)


def call(secret: str, method: str = "get", view: type = Cohorts):
    return view.as_view()(getattr(APIRequestFactory(), method)("/", HTTP_AUTHORIZATION=f"Bearer {secret}"))


def make(scopes=("read:cohorts",), role: Role = Role.COORDINATOR, **given) -> tuple[ServiceToken, str]:
    user = given.get("user") or UserFactory(role=role)
    return token_services.make_token(user=user, name="uploader", scopes=scopes, lifetime=given.get("lifetime", WEEK))


def test_a_token_opens_what_its_user_may_open_and_nothing_else():
    token, secret = make()
    CohortFactory(name="own", coordinators=[token.user])
    CohortFactory(name="another's", coordinators=[UserFactory()])
    assert call(secret).data == ["own"]


def test_out_of_scope_is_403():
    _token, secret = make(scopes=["write:uploads"])
    assert call(secret).status_code == 403


def test_a_method_without_a_scope_takes_no_token():
    _token, secret = make()
    assert call(secret, "post").status_code == 403


@pytest.mark.parametrize("spoil", ["expired", "revoked", "deactivated"])
def test_what_was_good_once_is_401(spoil: str):
    token, secret = make()
    administrator = UserFactory(role=Role.ADMINISTRATOR)
    assert call(secret).status_code == 200
    if spoil == "expired":
        before = timezone.now() - timedelta(days=9)
        ServiceToken.objects.update(made_at=before, expires_at=before + timedelta(days=8))
    elif spoil == "revoked":
        token_services.revoke_token(token=token, actor=token.user)
    else:
        services.deactivate_user(user=token.user, actor=administrator)
    response = call(secret)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer wrong", "Bearer \xff", "Bearer semblance_"])
def test_what_is_no_token_is_401(header: str):
    response = Cohorts.as_view()(APIRequestFactory().get("/", HTTP_AUTHORIZATION=header))
    assert response.status_code == 401


def test_a_changed_character_is_401():
    _token, secret = make()
    changed = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    assert call(changed).status_code == 401


def test_a_role_that_was_taken_away_takes_the_scope_with_it():
    token, secret = make()
    services.change_role(user=token.user, role=Role.INVESTIGATOR, actor=UserFactory(role=Role.ADMINISTRATOR))
    assert call(secret).status_code == 403


def test_a_missing_second_factor_closes_the_api_too(settings):
    _token, secret = make()
    settings.MFA_REQUIRED_ROLES = ["coordinator"]
    assert call(secret).status_code == 401


def test_the_secret_is_kept_as_a_hash_only():
    token, secret = make()
    assert secret.startswith("semblance_")
    kept = str(list(ServiceToken.objects.values()))
    assert secret not in kept
    assert secret.removeprefix("semblance_") not in kept
    assert len(token.token_hash) == 64


def test_only_the_first_use_is_an_event_and_the_last_is_noted():
    token, secret = make()
    for _ in range(3):
        call(secret)
    assert Event.objects.filter(verb="token.first_used").count() == 1
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    ServiceToken.objects.update(last_used_at=first - timedelta(minutes=2))
    call(secret)
    token.refresh_from_db()
    assert token.last_used_at > first - timedelta(minutes=1)
    assert Event.objects.filter(verb="token.first_used").count() == 1


@pytest.mark.parametrize(
    ("role", "scopes"),
    [(Role.COORDINATOR, ["read:results"]), (Role.INVESTIGATOR, ["read:cohorts"]), (Role.RATER, ["read:cohorts"]),
     (Role.COORDINATOR, []), (Role.ADMINISTRATOR, ["everything"])],
)  # fmt: skip
def test_scopes_beyond_the_role_are_refused(role: Role, scopes: list[str]):
    with pytest.raises(ValidationError):
        make(scopes=scopes, role=role)


@pytest.mark.parametrize("days", [0, 367, -1])
def test_a_lifetime_out_of_bounds_is_refused(days: int):
    with pytest.raises(ValidationError, match="1 to 366 days"):
        make(lifetime=timedelta(days=days))


@pytest.mark.parametrize("wrong", [{"scopes": ["everything"]}, {"scopes": []}, {"expires_at": "2020-01-01T00:00Z"}])
def test_the_database_holds_the_rules_too(wrong: dict):
    make()
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceToken.objects.update(**wrong)


# --- pages and routes


def test_the_page_shows_a_new_token_once(sign_in):
    client = sign_in(Role.COORDINATOR)
    sent = {"name": "site B", "scopes": ["read:cohorts", "write:uploads"], "days": 30}
    secret = client.post("/account/tokens/", sent).context["secret"]
    assert Client().get("/api/token/", headers={"Authorization": f"Bearer {secret}"}).json()["scopes"] == [
        "read:cohorts", "write:uploads",
    ]  # fmt: skip
    assert secret not in client.get("/account/tokens/").content.decode()


def test_a_scope_that_the_role_has_not_is_refused_beside_the_field(sign_in):
    client = sign_in(Role.COORDINATOR)
    response = client.post("/account/tokens/", {"name": "x", "scopes": ["read:results"], "days": 30})
    assert response.status_code == 422
    assert not ServiceToken.objects.exists()


def test_revoking_by_the_page_is_an_event(sign_in):
    client = sign_in(Role.COORDINATOR)
    token, secret = make(user=client.user)
    client.post(f"/tokens/{token.pk}/revoke/")
    assert call(secret).status_code == 401
    assert Event.objects.filter(verb="token.revoked", actor=client.user, target_id=token.pk).exists()


def test_the_desks_api_takes_no_tokens():
    """Raters rate at the desk: an answer by a program would be no rating."""
    _token, secret = make(role=Role.ADMINISTRATOR)
    address = "/api/presentations/0b2f6c1e-8d1c-4a57-9f0e-0c8f0a5d7c11/ratings/"
    answer = Client().post(address, "{}", "application/json", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 403


def test_the_list_costs_the_same_for_one_and_for_three(sign_in, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = sign_in(Role.COORDINATOR)
    make(user=client.user)
    with CaptureQueriesContext(connection) as one:
        client.get("/account/tokens/")
    for _ in range(2):
        make(user=client.user)
    with django_assert_num_queries(len(one)):
        client.get("/account/tokens/")
