"""The second factor: set up, asked for, required by role, thrown away when lost."""

import os
import subprocess
import sys

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client

from accounts.models import Role, User
from audit.models import Event
from tests.accounts.codes import code
from tests.factories import PASSWORD, CohortFactory, UserFactory

pytestmark = pytest.mark.django_db
SET_UP = "/account/second-factor/totp/activate/"
ASKED = "/account/second-factor/authenticate/"


def sign_in(client: Client, user: User):
    return client.post("/account/login/", {"login": user.username, "password": PASSWORD})


def set_up(client: Client) -> tuple[str, list[str]]:
    """Set the factor up; its secret and the recovery codes that the page shows."""
    assert client.get(SET_UP).url.startswith("/account/reauthenticate/"), "an unlocked screen must not be enough"
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    secret = client.get(SET_UP).context["form"].secret
    response = client.post(SET_UP, {"code": code(secret)}, follow=True)
    assert response.status_code == 200
    return secret, list(response.context["unused_codes"])


@pytest.fixture
def holder() -> tuple[User, str, list[str]]:
    """A coordinator with a factor, signed out again."""
    user, client = UserFactory(), Client()
    sign_in(client, user)
    secret, codes = set_up(client)
    return user, secret, codes


def test_the_password_alone_opens_nothing(holder, client: Client):
    user, _secret, _codes = holder
    assert sign_in(client, user).url == ASKED
    assert client.get("/cohorts/").url.startswith("/account/login/")


def test_password_and_code_sign_in(holder, client: Client):
    user, secret, _codes = holder
    sign_in(client, user)
    assert client.post(ASKED, {"code": code(secret)}).url == "/"
    assert client.get("/cohorts/").status_code == 200
    assert Event.objects.filter(verb="user.signed_in", actor=user).count() == 2


def test_a_code_is_good_once(holder):
    user, secret, _codes = holder
    first, second = Client(), Client()
    sign_in(first, user)
    sign_in(second, user)
    shown = code(secret, steps=1)
    assert first.post(ASKED, {"code": shown}).status_code == 302
    response = second.post(ASKED, {"code": shown})
    assert response.status_code == 200
    assert second.get("/cohorts/").status_code == 302


def test_a_code_stays_used_for_as_long_as_it_would_be_taken(holder, monkeypatch):
    """allauth remembers a code for 30 s; with a step of tolerance it would be taken for 90."""
    user, secret, _codes = holder
    shown = code(secret, steps=1)
    first, second = Client(), Client()
    sign_in(first, user)
    assert first.post(ASKED, {"code": shown}).status_code == 302
    from django.core.cache import cache

    assert cache.delete(f"allauth.mfa.totp.used?user={user.pk}&code={shown}"), "as after 30 s"
    sign_in(second, user)
    assert "used already" in second.post(ASKED, {"code": shown}).content.decode()


def test_a_wrong_code_is_an_event_without_an_actor_and_soon_throttled(holder, client: Client):
    user, secret, _codes = holder
    sign_in(client, user)
    for _ in range(6):
        assert client.post(ASKED, {"code": "000000"}).status_code == 200
    assert client.post(ASKED, {"code": code(secret)}).status_code == 200, "the right one comes too late"
    failed = Event.objects.filter(verb="user.second_factor_failed")
    assert failed.count() == 5
    assert {(event.actor, event.target_id) for event in failed} == {(None, str(user.pk))}


def test_a_recovery_code_signs_in_once(holder):
    user, _secret, codes = holder
    assert len(codes) == 10
    first, second = Client(), Client()
    sign_in(first, user)
    assert first.post(ASKED, {"code": codes[0]}).status_code == 302
    sign_in(second, user)
    assert second.post(ASKED, {"code": codes[0]}).status_code == 200


def test_recovery_codes_are_shown_one_time(client: Client):
    sign_in(client, UserFactory())
    _secret, codes = set_up(client)
    again = client.get("/account/second-factor/recovery-codes/")
    assert codes[0] not in again.content.decode()
    assert client.get("/account/second-factor/recovery-codes/download/").status_code in (403, 404)


def test_secrets_are_encrypted_in_the_database_and_readable_after_a_change_of_key(holder, client: Client, settings):
    user, secret, _codes = holder
    assert secret not in str(list(Authenticator.objects.values()))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    sign_in(client, user)
    assert client.post(ASKED, {"code": code(secret)}).status_code == 302


def test_adding_and_removing_are_events(client: Client, django_capture_on_commit_callbacks):
    user = UserFactory()
    sign_in(client, user)
    with django_capture_on_commit_callbacks(execute=True):
        set_up(client)
    client.post("/account/second-factor/totp/deactivate/")
    events = Event.objects.filter(verb__startswith="user.second_factor", actor=user)
    assert set(events.values_list("verb", "note")) == {
        ("user.second_factor_added", "totp"), ("user.second_factor_added", "recovery_codes"),
        ("user.second_factor_removed", "totp"), ("user.second_factor_removed", "recovery_codes"),
    }  # fmt: skip
    assert not Authenticator.objects.filter(user=user).exists()


# --- required by role


@pytest.fixture
def required(settings) -> None:
    settings.MFA_REQUIRED_ROLES = ["coordinator"]


ELSEWHERE = ("/", "/cohorts/", "/jobs/", "/studies/", "/account/", "/account/tokens/", "/account/password/change/")


@pytest.mark.parametrize("address", ELSEWHERE)
def test_who_needs_one_and_has_none_is_sent_to_the_set_up(required, sign_in, address: str):
    assert sign_in(Role.COORDINATOR).get(address).url == SET_UP


def test_nothing_is_done_without_it_either(required, sign_in):
    client = sign_in(Role.COORDINATOR)
    cohort = CohortFactory(coordinators=[client.user])
    assert client.post(f"/cohorts/{cohort.pk}/upload/").status_code == 403
    assert client.get("/api/token/").status_code == 403


def test_the_set_up_opens_everything(required, client: Client):
    sign_in(client, UserFactory())
    assert client.get("/cohorts/").url == SET_UP
    set_up(client)
    assert client.get("/cohorts/").status_code == 200


def test_it_can_be_left_by_signing_out(required, client: Client):
    sign_in(client, UserFactory())
    assert client.post("/account/logout/").status_code == 302
    assert client.get("/cohorts/").url.startswith("/account/login/")


def test_other_roles_are_not_asked(required, sign_in):
    assert sign_in(Role.RATER).get("/rate/").status_code == 200


def test_who_needs_one_cannot_remove_it(required, client: Client):
    user = UserFactory()
    sign_in(client, user)
    set_up(client)
    response = client.post("/account/second-factor/totp/deactivate/")
    assert response.status_code == 200
    assert Authenticator.objects.filter(user=user, type="totp").exists()


def test_recovery_codes_alone_are_no_second_factor(required, client: Client):
    user = UserFactory()
    sign_in(client, user)
    set_up(client)
    Authenticator.objects.filter(user=user, type="totp").delete()
    assert client.get("/cohorts/").url == SET_UP


def test_settings_know_the_roles():
    assert tuple(Role.values) == settings.ROLES


@pytest.mark.parametrize(
    ("env", "required"),
    [({"HTTPS_ONLY": "true"}, ["administrator", "coordinator", "investigator"]), ({"HTTPS_ONLY": "false"}, []),
     ({"HTTPS_ONLY": "true", "MFA_REQUIRED_ROLES": "none"}, []), ({"MFA_REQUIRED_ROLES": "rater"}, ["rater"])],
)  # fmt: skip
def test_a_site_that_is_served_safely_asks_for_it_unless_told_otherwise(env: dict[str, str], required: list[str]):
    told = subprocess.run(
        [sys.executable, "-c", "import config.settings as s; print(*s.MFA_REQUIRED_ROLES)"],
        env={**os.environ, **env}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.split() == required
