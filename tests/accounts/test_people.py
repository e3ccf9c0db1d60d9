"""Administrators' pages of people, and what users do with their own sessions."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import audit.services as audit
from accounts import services
from accounts.models import Role, User
from audit.models import Event
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(sign_in) -> Client:
    return sign_in(Role.ADMINISTRATOR)


def signed_in(user: User, browser: str = "Firefox") -> Client:
    """Signed in by the page, as people do."""
    client = Client(headers={"User-Agent": browser})
    assert client.post("/account/login/", {"login": user.username, "password": PASSWORD}).url == "/"
    return client


def test_the_list_shows_role_state_factor_and_last_sign_in(client):
    user = UserFactory(username="anna", role=Role.JUDGE, is_active=False)
    Authenticator.objects.create(user=user, type="totp", data={})
    row = next(person for person in client.get("/people/").context["page"] if person == user)
    assert (row.role, row.is_active, row.has_factor, row.last_login) == ("judge", False, True, None)


def test_recovery_codes_alone_do_not_count_as_a_factor(client):
    user = UserFactory()
    Authenticator.objects.create(user=user, type="recovery_codes", data={})
    assert not next(person for person in client.get("/people/").context["page"] if person == user).has_factor


@pytest.mark.parametrize("address", ["/people/", "/people/{pk}/"])
def test_the_pages_cost_the_same_for_one_and_for_three(client, address: str):
    user = UserFactory()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address.format(pk=user.pk)).status_code == 200
        return len(queries)

    one = cost()
    UserFactory.create_batch(2)
    assert cost() == one


@pytest.mark.parametrize("asked", ["password__startswith=p", "role=rater", "ordering=password"])
def test_the_list_takes_no_look_ups(client, asked: str):
    assert client.get(f"/people/?{asked}").status_code == 400


def test_a_role_is_changed_with_an_event_and_a_new_sign_in(client):
    user = UserFactory(role=Role.RATER)
    away = signed_in(user)
    client.post(f"/people/{user.pk}/role/", {"role": "investigator"})
    user.refresh_from_db()
    assert user.role == Role.INVESTIGATOR
    assert away.get("/").url.startswith("/account/login/")
    event = Event.objects.get(verb="user.role_changed")
    assert (event.actor, event.target_id, event.note) == (client.user, str(user.pk), "rater to investigator")


@pytest.mark.parametrize("verb", ["original.viewed", "rendition.viewed", "study.results_read"])
@pytest.mark.parametrize("role", [Role.RATER, Role.JUDGE])
def test_who_has_seen_what_unblinds_becomes_no_rater(client, verb: str, role: Role):
    user = UserFactory(role=Role.COORDINATOR)
    audit.record(actor=user, verb=verb, target=user)
    response = client.post(f"/people/{user.pk}/role/", {"role": role}, follow=True)
    assert "would not rate blindly" in response.content.decode()
    user.refresh_from_db()
    assert user.role == Role.COORDINATOR


@pytest.mark.parametrize("act", ["role", "deactivate"])
def test_nobody_shuts_themselves_out(client, act: str):
    response = client.post(f"/people/{client.user.pk}/{act}/", {"role": "rater"}, follow=True)
    assert "another administrator" in response.content.decode()
    client.user.refresh_from_db()
    assert (client.user.role, client.user.is_active) == (Role.ADMINISTRATOR, True)


def test_a_closed_account_is_out_at_once_and_does_not_sign_in(client):
    user = UserFactory(role=Role.RATER)
    away = signed_in(user)
    client.post(f"/people/{user.pk}/deactivate/")
    assert away.get("/rate/").status_code == 302
    answer = Client().post("/account/login/", {"login": user.username, "password": PASSWORD})
    assert answer.url == "/account/inactive/"
    client.post(f"/people/{user.pk}/activate/")
    assert signed_in(user).get("/rate/").status_code == 200
    assert list(Event.objects.filter(target_id=user.pk, verb__endswith="activated").values_list("verb", flat=True)) == [
        "user.activated", "user.deactivated",
    ]  # fmt: skip


def test_closing_twice_is_one_event(client):
    user = UserFactory()
    for _ in range(2):
        services.deactivate_user(user=user, actor=client.user)
    assert Event.objects.filter(verb="user.deactivated").count() == 1


def test_a_lost_factor_is_removed_by_an_administrator(client):
    user = UserFactory()
    for kind in ("totp", "recovery_codes"):
        Authenticator.objects.create(user=user, type=kind, data={})
    client.post(f"/people/{user.pk}/remove-second-factor/")
    assert not Authenticator.objects.filter(user=user).exists()
    event = Event.objects.get(verb="user.second_factor_removed")
    assert (event.actor, event.target_id) == (client.user, str(user.pk))


def test_an_unknown_role_is_refused(client):
    user = UserFactory()
    client.post(f"/people/{user.pk}/role/", {"role": "root"})
    user.refresh_from_db()
    assert user.role == Role.COORDINATOR
    with pytest.raises(ValidationError):
        services.change_role(user=user, role="root", actor=client.user)


# --- one's own sessions


def test_sessions_are_listed_and_ended_one_by_one():
    user = UserFactory(role=Role.RATER)
    here, there = signed_in(user, "Firefox here"), signed_in(user, "Chromium there")
    page = here.get("/account/sessions/").content.decode()
    assert "Firefox here" in page
    assert "Chromium there" in page
    other = next(
        session for session in here.get("/account/sessions/").context["sessions"] if "there" in session.user_agent
    )
    here.post(f"/account/sessions/{other.pk}/end/")
    assert there.get("/rate/").status_code == 302
    assert here.get("/rate/").status_code == 200
    assert Event.objects.filter(verb="user.session_ended", actor=user).exists()


def test_signing_out_everywhere_signs_out_here_too():
    user = UserFactory(role=Role.RATER)
    clients = [signed_in(user) for _ in range(3)]
    clients[0].post("/account/sessions/end/")
    assert [client.get("/rate/").status_code for client in clients] == [302, 302, 302]
    assert Event.objects.get(verb="user.signed_out_everywhere").note == "3 sessions"


def test_a_new_password_ends_the_other_sessions_and_is_an_event():
    user = UserFactory(role=Role.RATER)
    here, there = signed_in(user), signed_in(user)
    new = "another four words here"
    sent = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post("/account/password/change/", sent).status_code == 302
    assert there.get("/rate/").status_code == 302
    assert here.get("/rate/").status_code == 200
    assert Event.objects.filter(verb="user.password_changed", actor=user).count() == 1


def test_nobody_sees_or_ends_anothers_session():
    mine, theirs = signed_in(UserFactory(), "mine"), signed_in(UserFactory(), "theirs")
    session = theirs.get("/account/sessions/").context["sessions"][0]
    assert "theirs" not in mine.get("/account/sessions/").content.decode()
    assert mine.post(f"/account/sessions/{session.pk}/end/").status_code == 404
    assert theirs.get("/cohorts/").status_code == 200
