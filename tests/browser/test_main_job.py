"""The main job in a real browser, through the real web process and worker, as its users would do it."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from accounts.models import Role
from audit.models import Event
from cohorts.models import Withdrawal
from deid.models import Rendition
from ratings.models import Rating
from tests.clips import CLIPS, write_clip
from tests.factories import PASSWORD, UserFactory
from tests.product import eventually, running_product
from tests.ratings.desk_browser import answer_unsure, saved, watched

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.django_db(transaction=True)]


class Person:
    """One user at one browser; every step can be looked at afterwards (SCREENSHOTS names the folder)."""

    def __init__(self, chromium: Any, url: str, role: Role, complaints: list[str]) -> None:
        self.user = UserFactory(role=role, first_name=role.label)
        # The tests' quick hasher is unknown to the real web process.
        self.user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt")
        self.user.save()
        self.page = chromium.new_context(base_url=url, viewport={"width": 1280, "height": 900}).new_page()
        self.page.set_default_timeout(30_000)
        self.page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: complaints.append(str(error)))

    def sign_in(self) -> Any:
        self.page.goto("/")
        self.page.get_by_label("Username").fill(self.user.username)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.picture("sign-in")
        self.page.get_by_role("button", name="Sign in").click()
        return self.page

    def until(self, selector: str, condition: str) -> None:
        """Wait for a condition on an element; asked from here, since the policy forbids evaluating text in the page."""
        element = self.page.locator(selector)
        eventually(lambda: element.evaluate(f"element => {condition}"), seconds=20)

    def picture(self, name: str) -> None:
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def people(chromium, tmp_path: Path):
    complaints: list[str] = []
    with running_product(tmp_path / "var") as stack:
        yield lambda role: Person(chromium, stack.url, role, complaints)
    # A refused form answers 422, which Chromium reports as an error of the page: it is none.
    assert [text for text in complaints if "422" not in text] == []


def test_from_upload_to_result(people: Callable[[Role], Person], tmp_path: Path):
    write_clip(CLIPS[0], tmp_path / "clip.mp4")
    (tmp_path / "letter.mp4").write_text("Dear doctor, the video is attached.\n" * 30)
    coordinator, rater, investigator = (people(role) for role in (Role.COORDINATOR, Role.RATER, Role.INVESTIGATOR))

    page = coordinator.sign_in()
    coordinator.picture("cohorts-empty")
    page.get_by_role("link", name="New cohort").click()
    page.get_by_label("Name").fill("Site A")
    page.get_by_role("button", name="Make the cohort").click()
    upload(coordinator, tmp_path / "letter.mp4")
    page.get_by_text("Nothing of the file was kept").wait_for()
    coordinator.picture("upload-refused")
    page.get_by_role("link", name="Back to the cohort").click()
    upload(coordinator, tmp_path / "clip.mp4")
    page.get_by_role("link", name="Go to the recording").click()
    consent(coordinator)
    deidentify_and_release(coordinator)
    set_up_study(coordinator, rater, investigator)
    rate_everything(rater)

    page.goto("/studies/")
    page.get_by_role("link", name="Pilot").click()
    page.get_by_text("Close it now").click()
    page.get_by_role("button", name="End the rating for good").click()
    page.get_by_text("its results can be read").wait_for()

    page = investigator.sign_in()
    page.get_by_role("link", name="Pilot").click()
    page.locator(".figure .main-svg").first.wait_for()
    investigator.picture("result")
    row = page.get_by_role("row").filter(has_text="3.2 Facial expression").first
    assert re.search(r"\b1\b", row.inner_text())
    with page.expect_download() as download:
        page.get_by_role("link", name="The ratings alone, as CSV").click()
    assert len(Path(download.value.path()).read_text().splitlines()) == 1 + Rating.objects.count() == 5

    withdraw(coordinator)
    receipt = Withdrawal.objects.get()
    assert [export["by"] for export in receipt.exported] == [investigator.user.username]


def upload(coordinator: Person, path: Path) -> None:
    page = coordinator.page
    page.get_by_role("link", name="Upload recordings").click()
    page.get_by_label("Choose video files").set_input_files(path)
    page.get_by_label("Participant code").fill("PD-001")
    page.get_by_label("MDS-UPDRS task").select_option("facial_expression")
    page.get_by_role("button", name="Upload 1 file").click()


def consent(coordinator: Person) -> None:
    """Refused without; recorded on the participant's page; and what was known at the recording beside it."""
    page = coordinator.page
    page.get_by_label("Blur").check()
    page.get_by_role("button", name="Start").click()
    page.get_by_text("has no consent for “Research").first.wait_for()
    coordinator.picture("no-consent")
    page.get_by_role("link", name="Participant PD-001").click()
    coordinator.picture("participant-new")
    page.get_by_label("Research: de-identification").check()
    page.get_by_label("Rating by experts").check()
    page.get_by_label("Date of the signature").fill("2026-01-31")
    page.get_by_label("Version of the consent form").fill("2.1")
    page.get_by_role("button", name="Record", exact=True).click()
    page.get_by_text("The consent is recorded").wait_for()
    coordinator.picture("participant")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Sex").select_option("Female")
    page.get_by_label("Diagnosis").select_option("Parkinson’s disease")
    coordinator.picture("participant-edit")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Facial expression").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Age at recording").fill("93")
    page.get_by_label("Motor state").select_option("OFF")
    page.get_by_label("Hoehn & Yahr").select_option("2.5")
    coordinator.picture("circumstances")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("90+").wait_for()


def withdraw(coordinator: Person) -> None:
    page = coordinator.page
    page.goto("/cohorts/")
    page.get_by_role("link", name="Site A").click()
    page.get_by_role("link", name="Participants").click()
    coordinator.picture("participants")
    page.get_by_role("link", name="Add a participant").click()
    assert page.get_by_label("Code").input_value() == "PD-002"
    coordinator.picture("participant-add")
    page.get_by_role("link", name="Participants").click()
    page.get_by_role("link", name="PD-001").click()
    page.get_by_role("link", name="Withdraw the participant").click()
    coordinator.picture("withdraw")
    page.get_by_label("Type the participant's code").fill("PD-002")
    page.get_by_role("button", name="Withdraw and destroy").click()
    page.get_by_text("Type the code PD-001 to confirm").first.wait_for()
    coordinator.picture("withdraw-refused")
    page.get_by_label("Type the participant's code").fill("PD-001")
    page.get_by_role("button", name="Withdraw and destroy").click()
    page.get_by_text("Receipt of the withdrawal").first.wait_for()
    coordinator.picture("receipt")
    page.get_by_role("link", name="PD-001").click()
    coordinator.picture("participant-withdrawn")
    page.get_by_role("link", name="Facial expression").click()
    coordinator.picture("recording-withdrawn")


def deidentify_and_release(coordinator: Person) -> None:
    page = coordinator.page
    page.get_by_label("Blur").check()
    coordinator.picture("recording")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("link", name="Review the rendition").click()
    coordinator.until("#player", "element.readyState >= 2")
    page.locator("#strip").click(position={"x": 300, "y": 10})
    coordinator.until("#player", "element.currentTime > 0.3 && !element.seeking")
    page.wait_for_timeout(300)  # the picture of that time is painted
    coordinator.picture("review")
    page.get_by_label("Note").fill("looks right")
    page.get_by_role("button", name="Release").click()
    page.locator(".badge", has_text="Released").wait_for()
    page.goto(re.sub(r"/renditions/.*", "", page.url) + "/cohorts/")
    page.get_by_role("link", name="Site A").click()
    coordinator.picture("cohort")
    page.get_by_role("link", name="Jobs").click()
    coordinator.picture("jobs")
    assert Event.objects.filter(verb="rendition.viewed").exists()


def set_up_study(coordinator: Person, rater: Person, investigator: Person) -> None:
    page = coordinator.page
    page.get_by_role("link", name="Studies").click()
    page.get_by_role("link", name="New study").click()
    page.get_by_label("Name").fill("Pilot")
    page.get_by_label("Cohort").select_option("Site A")
    page.get_by_label("Method", exact=True).select_option("blur")
    page.get_by_label(rater.user.display_name).check()
    coordinator.picture("study-new")
    page.get_by_role("button", name="Make the study").click()
    fix_protocol(coordinator)
    for _ in range(60):  # the originals are being re-encoded
        if page.get_by_role("button", name="Open the study").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    coordinator.picture("study-ready")
    page.get_by_role("button", name="Open the study").click()
    page.get_by_text("raters can begin").wait_for()
    page.get_by_label("Investigator").select_option(investigator.user.display_name)
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name=f"Remove {investigator.user.display_name}").wait_for()
    coordinator.picture("study-open")


def fix_protocol(coordinator: Person) -> None:
    page = coordinator.page
    page.get_by_text("has no justification").wait_for()
    page.get_by_role("link", name="Edit the protocol").click()
    page.get_by_label("Days between versions").fill("0")
    page.get_by_label("Primary item").select_option("facial_expression")
    page.get_by_label("Justification of the margin").fill("half a step of the scale")
    page.get_by_role("button", name="Save the protocol").click()
    page.get_by_text("The protocol is saved").wait_for()
    page.get_by_role("link", name="Pilot").click()


def check_equipment(rater: Person) -> None:
    """Once at the beginning of the session; a room without headphones is stated."""
    page = rater.page
    page.get_by_text("It plays.").wait_for()
    page.get_by_label("Squares that you see on black").select_option("5")
    page.get_by_label("Squares that you see on white").select_option("5")
    page.get_by_label("What is wrong").fill("no headphones here")
    page.get_by_role("button", name="Go on").press("Enter")


def rate_everything(rater: Person) -> None:
    """By keyboard alone, both versions, two items each."""
    page = rater.sign_in()
    rater.picture("desk-home")
    page.get_by_role("link", name="Continue").focus()
    page.keyboard.press("Enter")
    for position in (1, 2):  # each is a session of its own
        check_equipment(rater)
        page.get_by_role("heading", name=f"{position} of 2").wait_for()
        watched(page)
        page.keyboard.press("1")
        answer_unsure(page)
        saved(page)
        rater.picture(f"desk-{position}")
        page.keyboard.press("Enter")
        page.get_by_text("Have you seen this person before?").wait_for()
        page.keyboard.press("n")
    page.wait_for_url("**/rate/")
    assert Rating.objects.count() == 4
    assert Rendition.objects.count() == 2
