"""Accounts in a real browser: an invitation, a second factor, sessions, the log."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from accounts.models import Role
from audit.models import Event
from tests.accounts.codes import code
from tests.browser.test_main_job import Person
from tests.factories import PASSWORD, CohortFactory, UserFactory
from tests.product import eventually, running_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEW = "four words are enough"


@pytest.fixture
def people(chromium, tmp_path: Path):
    complaints: list[str] = []
    with running_product(tmp_path / "var", MFA_REQUIRED_ROLES="coordinator") as stack:
        yield lambda role: Person(chromium, stack.url, role, complaints)
    # A refused form answers 422 and a used link 410, which Chromium reports as errors of the page: they are none.
    assert [text for text in complaints if "422" not in text and "410" not in text] == []


def confirm(page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def test_a_coordinator_sets_up_the_second_factor_and_signs_in_with_it(people: Callable[[Role], Person]):
    coordinator = people(Role.COORDINATOR)
    page = coordinator.sign_in()
    page.get_by_text("Your role needs a second factor").wait_for()
    page.goto("/cohorts/")
    confirm(page)
    page.get_by_role("heading", name="Set up the second factor").wait_for()
    assert page.locator("img.code-picture").evaluate("picture => picture.naturalWidth") > 0
    secret = page.locator("#secret").inner_text()
    coordinator.picture("second-factor-set-up")
    page.get_by_label("Code that the application shows").fill("000000")
    page.get_by_role("button", name="Set it up").click()
    page.get_by_text("Incorrect code").first.wait_for()
    page.get_by_label("Code that the application shows").fill(code(page.locator("#secret").inner_text()))
    page.get_by_role("button", name="Set it up").click()
    page.get_by_text("shown this one time").wait_for()
    recovery = page.locator(".codes li").first.inner_text()
    coordinator.picture("recovery-codes")
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("heading", name="What waits for you").wait_for()

    page.get_by_role("button", name="Sign out").click()
    coordinator.sign_in()
    page.get_by_role("heading", name="Second factor").wait_for()
    coordinator.picture("second-factor-asked")
    page.goto("/cohorts/")
    page.get_by_role("heading", name="Second factor").wait_for()  # the password alone opens nothing
    page.get_by_label("Code of your application").fill(code(secret, steps=1))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="What waits for you").wait_for()

    page.get_by_role("button", name="Sign out").click()
    coordinator.sign_in()
    page.get_by_label("Code of your application").fill(recovery)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="What waits for you").wait_for()
    page.goto("/account/second-factor/")
    page.get_by_text("9 codes are left").wait_for()
    coordinator.picture("second-factor")
    signed_in = Event.objects.filter(verb="user.signed_in", actor=coordinator.user)
    eventually(lambda: signed_in.count() == 3, seconds=5)


def test_people_invitations_sessions_tokens_and_the_log(people: Callable[[Role], Person], chromium):
    administrator = people(Role.ADMINISTRATOR)
    UserFactory.create_batch(3, role=Role.RATER)
    CohortFactory(name="Site A", coordinators=[UserFactory(first_name="Anna", last_name="Abel")])
    page = administrator.sign_in()
    page.get_by_role("link", name="People").click()
    administrator.picture("people")
    page.get_by_role("link", name="Invite").click()
    page.get_by_label("Role").select_option("judge")
    page.get_by_label("For whom").fill("Dr Z of Site B")
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_label("The new link").input_value()
    administrator.picture("invitations")
    join(chromium, administrator, link)
    page.goto("/people/")
    page.get_by_role("link", name="New Comer").click()
    page.get_by_role("button", name="Make a password link").click()
    assert "/join/" in page.get_by_label("The link that sets a new password").input_value()
    administrator.picture("person")
    page.get_by_role("link", name="What they did").click()
    page.get_by_role("cell", name="invitation.used").wait_for()
    page.goto("/audit/")
    administrator.picture("audit")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download these").click()
    assert "invitation.made" in Path(download.value.path()).read_text()
    page.goto("/cohorts/")
    page.get_by_role("link", name="Site A").click()
    page.get_by_role("link", name="Members").click()
    page.get_by_text("Anna Abel").wait_for()
    administrator.picture("members")
    page.goto("/account/")
    administrator.picture("account")
    tokens_and_sessions(administrator)


def join(chromium, administrator: Person, link: str) -> None:
    """The invited, in a browser of their own; the link is good once."""
    page = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(link)
    page.get_by_text("invites you as Judge").wait_for()
    page.get_by_label("User name").fill("newcomer")
    page.get_by_label("Name", exact=True).fill("New Comer")
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_label("Password again").fill(NEW)
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / "join.png", full_page=True)
    page.get_by_role("button", name="Make the account").click()
    page.get_by_text("Now sign in").wait_for()
    page.goto(link)
    page.get_by_text("used already").wait_for()
    page.context.close()


def tokens_and_sessions(person: Person) -> None:
    page = person.page
    page.get_by_role("link", name="Your tokens").click()
    page.get_by_label("Name").fill("site B uploader")
    page.get_by_label("Upload recordings").check()
    page.get_by_role("button", name="Make it").click()
    secret = page.get_by_label("The new token").input_value()
    assert secret.startswith("semblance_")
    person.picture("tokens")
    page.goto("/account/sessions/")
    page.get_by_text("this one").wait_for()
    person.picture("sessions")
    page.get_by_role("button", name="Sign out everywhere").click()
    page.get_by_role("heading", name="Sign in").wait_for()
