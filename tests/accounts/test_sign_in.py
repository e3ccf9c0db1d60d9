"""Signing in, and what the log keeps of it."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts.models import Role, User
from audit.models import Event
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def sign_in(client: Client, username: str, password: str):
    return client.post("/account/login/", {"login": username, "password": password})


@pytest.mark.parametrize(
    ("role", "home"),
    [(Role.COORDINATOR, None), (Role.ADMINISTRATOR, None), (Role.RATER, "/rate/"), (Role.INVESTIGATOR, None),
     (Role.JUDGE, None)],
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
    sent = {"username": "mallory", "password1": strong, "password2": strong}
    assert client.post("/account/signup/", sent).status_code == 404
    assert not User.objects.exists()


@pytest.mark.parametrize("page", ["signup", "email", "password/reset", "password/set", "login/code", "confirm-email"])
def test_pages_of_allauth_that_nobody_needs_are_not_served(page: str, sign_in):
    assert sign_in(Role.COORDINATOR).get(f"/account/{page}/").status_code == 404


def test_five_failures_for_a_name_lock_it_for_everybody_and_are_told(client: Client):
    user, other = UserFactory(), UserFactory()
    answers = [sign_in(client, user.username, "wrong") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 6
    assert "Too many failed login attempts" in answers[5].content.decode()
    assert "Too many failed login attempts" not in answers[4].content.decode()
    assert sign_in(Client(REMOTE_ADDR="10.0.0.9"), user.username, PASSWORD).status_code == 200, "from anywhere"
    assert sign_in(client, other.username, PASSWORD).status_code == 302, "other names are open"
    assert Event.objects.filter(verb="user.sign_in_failed").count() == 5
    assert Event.objects.filter(verb="user.sign_in_throttled").count() == 2


def test_twenty_failures_from_an_address_lock_it_for_every_name():
    client, elsewhere, user = Client(REMOTE_ADDR="10.0.0.7"), Client(REMOTE_ADDR="10.0.0.8"), UserFactory()
    for number in range(20):
        sign_in(client, f"guess{number}", "wrong")
    assert sign_in(client, user.username, PASSWORD).status_code == 200
    assert sign_in(elsewhere, user.username, PASSWORD).status_code == 302


def test_thirty_tries_in_a_minute_from_an_address_are_429():
    client = Client(REMOTE_ADDR="10.0.0.7")
    answers = [sign_in(client, f"guess{number}", "wrong").status_code for number in range(31)]
    assert answers == [200] * 30 + [429]


def test_successes_do_not_count_as_failures():
    user = UserFactory()
    assert {sign_in(Client(), user.username, PASSWORD).status_code for _ in range(12)} == {302}


def test_a_flood_of_other_names_does_not_wash_the_counters_away(client: Client):
    """The database cache drops a third of its rows when it is full; by default that is at 300."""
    user = UserFactory()
    for _ in range(5):
        sign_in(client, user.username, "wrong")
    for number in range(400):
        cache.set(f"flood-{number}", number)
    assert sign_in(client, user.username, PASSWORD).status_code == 200


def test_failures_are_counted_in_the_database_so_that_every_process_sees_them():
    assert settings.CACHES["default"]["BACKEND"].endswith("db.DatabaseCache")
    user, client = UserFactory(), Client()
    for _ in range(6):
        sign_in(client, user.username, "wrong")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache WHERE cache_key LIKE '%%login_failed%%'")
        assert cursor.fetchone()[0] >= 2


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
