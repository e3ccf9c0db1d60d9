"""Signing in, and what the log keeps of it."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Role, User
from audit.models import Event
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def sign_in(client: Client, username: str, password: str):
    return client.post("/account/login/", {"login": username, "password": password})


@pytest.mark.parametrize(
    ("role", "home"),
    [(Role.COORDINATOR, "/cohorts/"), (Role.ADMINISTRATOR, "/cohorts/"), (Role.RATER, "/rate/"),
     (Role.INVESTIGATOR, "/results/"), (Role.JUDGE, None)],
)  # fmt: skip
def test_each_role_lands_on_its_own_home(client: Client, role: Role, home: str | None):
    user = UserFactory(role=role)
    assert sign_in(client, user.username, PASSWORD).url == "/"
    landed = client.get("/")
    assert (landed.url if home else landed.status_code) == (home or 200)


def test_signing_in_failing_and_signing_out_are_in_the_log_without_what_was_typed(client: Client):
    user = UserFactory()
    sign_in(client, "hunter2-typed-as-name", "wrong")
    sign_in(client, user.username, PASSWORD)
    client.post("/account/logout/")
    assert list(Event.objects.values_list("verb", flat=True)) == [
        "user.signed_out", "user.signed_in", "user.sign_in_failed",
    ]  # fmt: skip
    assert "hunter2" not in str(list(Event.objects.values()))


def test_nobody_signs_up(client: Client):
    strong = "correct horse 42 battery"
    client.post("/account/signup/", {"username": "mallory", "password1": strong, "password2": strong})
    assert not User.objects.exists()


def test_passwords_are_not_guessed_for_long(client: Client):
    user = UserFactory()
    for _ in range(12):
        sign_in(client, user.username, "wrong")
    assert sign_in(client, user.username, PASSWORD).status_code != 302


def test_add_user_prints_a_password_that_works(client: Client, capsys):
    call_command("add_user", "newcomer", "--role", "rater", "--name", "New Comer")
    password = capsys.readouterr().out.split()[-1]
    assert sign_in(client, "newcomer", password).status_code == 302
    assert User.objects.get(username="newcomer").display_name == "New Comer"


def test_add_user_refuses_a_name_twice():
    call_command("add_user", "newcomer", "--role", "rater")
    with pytest.raises(CommandError, match="already exists"):
        call_command("add_user", "newcomer", "--role", "judge")


def test_pages_carry_a_strict_policy_and_stay_in_no_cache(client: Client):
    response = client.get("/account/login/")
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert response["Cache-Control"] == "private, no-store" or "no-store" in response["Cache-Control"]
    assert response["X-Frame-Options"] == "DENY"
    assert b"<script>" not in response.content
