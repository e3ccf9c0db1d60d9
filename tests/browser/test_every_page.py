"""Every page in a real browser, as a user who may open it: readable by all, and as wide as the screen.

Pages are found through the access table, so that a new one is looked at without being named here. axe looks for what
keeps people out (labels, contrast, structure), in both colour schemes. SCREENSHOTS=DIR keeps the pictures.
"""

import os
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from cohorts.models import Upload
from deid.models import Job, Rendition, TrainingRun
from ratings import services as studies
from tests.access_table import ALLAUTH, LINKED, ROLES, TABLE
from tests.accounts.codes import code
from tests.config.test_access import World
from tests.deid.training.talkative import done_training, running_training
from tests.deid.training.two_people import write_two_people
from tests.factories import PASSWORD, JobFactory, ParticipantFactory, RecordingFactory, RenditionFactory, UserFactory
from tests.ratings.build import closed_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESKTOP, SMALL, TABLET = ({"width": w, "height": h} for w, h in ((1440, 900), (1024, 768), (820, 1180)))
WITHHELD = [[0, 39, "covered"], [40, 49, "held"], [50, 79, "withheld"], [80, 99, "covered"]]
# What is touched alone, not a link within a sentence, is 44 pixels high on tablets; a checkbox with its label.
SMALL_TARGETS = """() => [
    ...document.querySelectorAll("button, .button, select, textarea, summary, nav:not(.crumbs) a, td a, input")
  ].map(e => [e, (["checkbox", "radio"].includes(e.type) && e.closest("label") || e).getBoundingClientRect()])
  .filter(([e, box]) => box.width > 1 && box.height > 1 && box.height < 43.5)
  .map(([e, box]) => `${e.outerHTML.slice(0, 90)} ${box.height}`)"""
OF_AN_OPEN_STUDY = ("ratings:sign", "ratings:debrief")  # a rater's own; the others show the study that has results
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass(frozen=True)
class Place:
    name: str
    role: str  # empty: nobody is signed in
    address: str


@pytest.fixture
def people() -> dict[str, Any]:
    return {role: UserFactory(role=Role(role), first_name=role.capitalize(), last_name="Sample") for role in ROLES}


@pytest.fixture
def world(people, settings, tmp_path) -> World:
    """One of everything in its most talkative state."""
    settings.TRAINING_FOLDER = tmp_path / "training"
    write_two_people(settings.TRAINING_FOLDER / "sets" / "two")
    world = World(people)
    world.training = running_training(people["administrator"])
    done_training(people["administrator"])
    coordinator = people["coordinator"]
    world.rendition = RenditionFactory(recording=world.recording, state=Rendition.State.IN_REVIEW, runs=WITHHELD)
    world.job = JobFactory(recording=world.recording, state=Job.State.FAILED, error="No face was found anywhere.")
    fresh = RecordingFactory(participant=ParticipantFactory(cohort=world.cohort))
    JobFactory(recording=fresh, method="motionmesh", progress=0.4, stage="looking for faces")
    Upload.objects.create(
        cohort=world.cohort, code="PD-8", task="speech", state="receiving", n_bytes=9_000_000, added_by=coordinator,
        quarantine_name="nothing", expires_at="2099-01-31T12:00Z",
    )  # fmt: skip
    studies.create_study(name="Draft", cohort=world.cohort, method="mask", raters=[people["rater"]], actor=coordinator)
    world.open_study = world.study
    world.study = closed_study(3, coordinator=coordinator, score=lambda shown: shown.position % 3)
    return world


def address_of(world: World, route: str) -> str:
    if route in OF_AN_OPEN_STUDY:
        world = copy(world)
        world.study = world.open_study
    return world.address(route)


def places(world: World, people: dict[str, Any]) -> Iterator[Place]:
    """Each page that answers with HTML, as the first role that may open it."""
    for route, row in sorted(TABLE.items()):
        role = next((role for role in ROLES[1:] + ROLES[:1] if row.own[role] == 200), None)
        if row.anonymous == 200 and route != "healthz":
            role = ""
        if row.method != "get" or role is None or route in LINKED:
            continue
        client = Client()
        if role:
            client.force_login(people[role])
        address = address_of(world, route)
        answer = client.get(address)
        assert answer.status_code == 200, f"{role} is shown {answer.status_code} at {address}"
        told = answer.headers
        if told["Content-Type"].startswith("text/html") and "Content-Disposition" not in told:  # a file is no page
            yield Place(route.replace(":", "-"), role, address)
    yield Place("home-administrator", "administrator", "/")
    yield Place("home-investigator", "investigator", "/")
    yield Place("home-judge", "judge", "/")
    yield Place(
        "sealed",
        "investigator",
        reverse("analysis:study", args=[studies.Study.objects.get(name__startswith="Open").pk]),
    )
    done = TrainingRun.objects.get(state=TrainingRun.State.DONE)
    yield Place("training-done", "administrator", reverse("deid:training", args=[done.pk]))
    sheet = f"{reverse('deid:training', args=[done.pk])}?sheet={done.sheets.get().pk}"
    yield Place("training-sheet", "administrator", sheet)
    stopped = TrainingRun.objects.filter(state=TrainingRun.State.STOPPED).first()
    yield Place("training-stopped", "administrator", reverse("deid:training", args=[stopped.pk]))
    yield Place("not-here", "coordinator", "/nothing/")
    yield Place("not-understood", "administrator", "/audit/?unknown=1")
    yield Place("not-for-your-role", "rater", reverse("cohorts:list"))
    for route, (anonymous, signed) in sorted(ALLAUTH.items()):
        if anonymous == 200:
            yield Place(route, "", reverse(route))
        elif signed == 200:  # the others lead away: to the pages of the test below
            yield Place(route, "judge", reverse(route))


class Walker:
    """A browser for each role, and what was wrong on the pages so far."""

    def __init__(self, chromium: Any, url: str, people: dict[str, Any]) -> None:
        self.chromium, self.url, self.people = chromium, url, people
        self.axe, self.wrong, self.pages = Axe(), [], {}

    def page(self, role: str) -> Any:
        """Signed in by the form: pages about sign-in ask how one came in."""
        if role not in self.pages:
            page = self.chromium.new_context(base_url=self.url, viewport=DESKTOP, reduced_motion="reduce").new_page()
            page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
            if role:
                page.goto("/account/login/")
                page.get_by_label("Username").fill(self.people[role].username)
                page.get_by_label("Password").fill(PASSWORD)
                page.get_by_role("button", name="Sign in").click()
            self.pages[role] = page
        return self.pages[role]

    def look(self, place: Place) -> None:
        self.page(place.role).goto(place.address, wait_until="load")
        self.examine(place.role, place.name)

    def examine(self, role: str, name: str) -> None:
        """The page that is shown now, in both schemes and three sizes."""
        page = self.page(role)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(DESKTOP)
        self._axe(page, f"{name} (light)")
        self._picture(page, f"{name}-{role or 'nobody'}-desktop-light")
        self._fits(page, name, SMALL)
        page.emulate_media(color_scheme="dark")
        self._fits(page, name, TABLET)
        self._axe(page, f"{name} (dark)", runOnly=["color-contrast"])
        self._picture(page, f"{name}-{role or 'nobody'}-tablet-dark")
        self.wrong += [f"{name}: small for a finger: {what}" for what in page.evaluate(SMALL_TARGETS)]

    def _axe(self, page: Any, name: str, **options: Any) -> None:
        found = self.axe.run(page, options={"resultTypes": ["violations"], **options})
        for violation in found.response["violations"]:
            nodes = "; ".join(f"{n['html'][:120]} ({n['failureSummary'][:300]})" for n in violation["nodes"][:2])
            self.wrong.append(f"{name}: {violation['id']}: {nodes}")

    def _fits(self, page: Any, name: str, size: dict[str, int]) -> None:
        page.set_viewport_size(size)
        if (excess := page.evaluate(TOO_WIDE)) > 0:
            self.wrong.append(f"{name}: {excess} px too wide for {size['width']}")

    def _picture(self, page: Any, name: str) -> None:
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _answer(html: str, route: Any) -> None:
    route.fulfill(body=html, content_type="text/html")


@pytest.fixture
def walker(chromium, live_server, people) -> Walker:
    return Walker(chromium, live_server.url, people)


def test_every_page_is_for_everybody_and_fits_the_screen(walker, world, people):
    seen = list(places(world, people))
    for place in seen:
        walker.look(place)
    assert walker.wrong == []
    assert {"home", "deid-review", "ratings-presentation", "analysis-study"} <= {place.name for place in seen}


def test_the_living_page_of_the_design_too(walker, settings):
    """It is there with DEBUG only, and shows every component in every tone."""
    settings.DEBUG = True
    walker.look(Place("style", "coordinator", reverse("style")))
    assert walker.wrong == []


def test_pages_of_refusals_too(walker, people):
    """What is seen when something went wrong: the server's error pages, and a form with mistakes."""
    client = Client()
    client.force_login(people["coordinator"])
    refused = client.post(reverse("cohorts:new"), {"name": ""})
    assert refused.status_code == 422
    shown = {name: render_to_string(f"{name}.html") for name in ("429", "500")} | {"422": refused.content.decode()}
    page = walker.page("coordinator")
    for name, html in shown.items():
        page.route(f"**/shown-{name}", partial(_answer, html))
        walker.look(Place(f"error-{name}", "coordinator", f"/shown-{name}"))
    assert walker.wrong == []


def test_the_pages_of_the_second_factor_too(walker, people):
    """They follow from each other: confirm, set up, codes that are shown once, what the next sign-in asks for."""
    page = walker.page("judge")
    page.goto(reverse("mfa_activate_totp"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    walker.examine("judge", "factor-set-up")
    secret = page.locator("#secret").inner_text()
    page.get_by_label("Code that the application shows").fill(code(secret))
    page.get_by_role("button", name="Set it up").click()
    page.get_by_text("shown this one time").wait_for()
    walker.examine("judge", "factor-codes")
    for route in ("mfa_index", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_deactivate_totp"):
        walker.look(Place(f"factor-{route}", "judge", reverse(route)))
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Username").fill(people["judge"].username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("Phone lost").wait_for()
    walker.examine("judge", "factor-asked")
    assert walker.wrong == []
