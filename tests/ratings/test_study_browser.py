"""A coordinator builds, checks and opens a study in a real browser; SCREENSHOTS=DIR keeps pictures of the pages."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.models import Role
from cohorts.models import Task
from ratings.models import Study
from tests.factories import OriginalFactory, RecordingFactory, RenditionFactory, UserFactory
from tests.ratings.build import make_alike, make_cohort

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def coordinator():
    return UserFactory(role=Role.COORDINATOR, first_name="Cora")


@pytest.fixture
def cohort(coordinator):
    """Twelve participants with expression and speech, as in the published study but smaller."""
    cohort = make_cohort(12, coordinator=coordinator)
    for participant in cohort.participants.all():
        speech = RecordingFactory(participant=participant, task=Task.SPEECH)
        OriginalFactory(recording=speech)
        RenditionFactory(recording=speech)
    return cohort


@pytest.fixture
def page(live_server, sign_in, chromium, coordinator):
    cookie = sign_in(coordinator).cookies["sessionid"].value
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.complaints = []
    page.on("console", lambda told: page.complaints.append(told.text) if told.type == "error" else None)
    return page


def picture(page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def accessible(page) -> None:
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert not found, [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]


def test_a_coordinator_builds_checks_and_opens_a_study(page, cohort):
    raters = [UserFactory(role=Role.RATER, first_name=name) for name in ("Ada", "Ben", "Cem")]
    page.goto("/studies/new/")
    page.get_by_label("Name").fill("Pilot")
    page.get_by_label("Cohort").select_option(cohort.name)
    page.get_by_label("Method", exact=True).select_option("mask")
    for rater in raters:
        page.get_by_label(rater.display_name, exact=True).check()
    page.get_by_role("button", name="Make the study").click()
    page.get_by_role("heading", name="Not ready to open").wait_for()
    assert page.get_by_text("has no justification").count() == 1
    picture(page, "study-not-ready")

    page.get_by_role("link", name="Edit the protocol").click()
    page.get_by_label("Sessions in a block").fill("2")
    page.get_by_label("Hidden repeats").fill("25")
    page.get_by_label("Others between one participant").fill("3")
    page.get_by_label("Primary item").select_option("facial_expression")
    page.get_by_label("Equivalence margin").fill("0.5")
    page.get_by_label("Justification of the margin").fill("Raters differ by 0.5 points from each other.")
    page.get_by_role("button", name="Save the protocol").click()
    page.get_by_text("The protocol is saved").wait_for()
    page.get_by_label("True bias").fill("0.1")
    page.get_by_role("button", name="Simulate").click()
    page.get_by_text("Planted: agreement 0.8, bias 0.1 points").wait_for()
    picture(page, "study-protocol")
    accessible(page)

    page.get_by_role("navigation", name="Above this page").get_by_role("link", name="Pilot").click()
    page.get_by_text("Exclude a recording").click()
    noisy = cohort.recordings.filter(task=Task.SPEECH).first()
    page.get_by_label("Recording").select_option(str(noisy.pk))
    page.get_by_label("Item").select_option("speech")
    page.get_by_label("Reason").fill("noisy")
    page.get_by_role("button", name="Exclude", exact=True).click()
    page.get_by_text("Excluded.", exact=True).wait_for()
    page.get_by_text("still wait for the last encode").wait_for()
    make_alike(Study.objects.get())
    page.reload()
    page.get_by_role("heading", name="Ready to open").wait_for()
    picture(page, "study-ready")
    accessible(page)
    page.get_by_role("button", name="Open the study").click()
    page.get_by_text("raters can begin").wait_for()
    picture(page, "study-open")
    accessible(page)

    study = Study.objects.get()
    assert study.presentations.count() == 3 * (2 * 23 + 6)
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    assert Path(download.value.path()).read_bytes() == bytes(study.versions.get().pdf)
    assert page.complaints == []
