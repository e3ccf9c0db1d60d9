"""The upload page in a real browser, against the real web process and worker."""

import hashlib
import os
import re
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from accounts.models import Role
from cohorts.models import Recording, Upload
from tests.browser.wire import Wire
from tests.factories import PASSWORD, CohortFactory, ParticipantFactory, UserFactory
from tests.media_files import pad_video, write_video
from tests.product import eventually, running_product

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.django_db(transaction=True)]


SLOW = 1_000_000  # bytes per second on each connection: there is a middle to do something in


def picture(page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def product(tmp_path: Path):
    with running_product(tmp_path / "var", UPLOAD_IDLE_SECONDS="5") as stack:
        yield stack


@pytest.fixture
def wire(product):
    between = Wire(product.port)
    yield between
    between.close()


@pytest.fixture
def page(chromium, wire: Wire):
    """A coordinator at the upload page of a cohort that has one participant already."""
    user = UserFactory(role=Role.COORDINATOR, first_name="Coordinator")
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt")  # the tests' quick hasher is unknown to the web
    user.save()
    cohort = CohortFactory(name="Site A", coordinators=[user])
    ParticipantFactory(cohort=cohort, code="PD-007")
    complaints = []
    page = chromium.new_context(base_url=wire.url, viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(30_000)
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Cohorts", exact=True).click()
    page.get_by_role("link", name="Site A").click()
    page.get_by_role("link", name="Upload recordings").click()
    page.get_by_text("or drop them here").wait_for()
    yield page
    # A connection that was cut, and the protocol's 409 and 423, are errors to the browser but none of the page's.
    assert [text for text in complaints if not any(known in text for known in ("net::ERR_", "409", "423"))] == []


def row(page, name: str):
    return page.locator("#files li").filter(has_text=name)


def percent(one) -> int:
    found = re.match(r"(\d+) %", one.locator("[data-part=figures]").inner_text())
    return int(found[1]) if found else 0


def drop(page, name: str, content: str) -> None:
    """A file of text, dragged from the desktop."""
    script = "([name, content]) => { const d = new DataTransfer(); d.items.add(new File([content], name)); return d; }"
    dragged = page.evaluate_handle(script, [name, content])
    for event in ("dragenter", "dragover", "drop"):
        page.locator("#drop").dispatch_event(event, {"dataTransfer": dragged})


def test_two_files_a_reload_in_the_middle_and_a_refusal(page, wire: Wire, tmp_path: Path):
    large = pad_video(write_video(tmp_path / "pd007 speech.mp4"), n_bytes=30_000_000)
    sent = []
    page.on("request", lambda asked: sent.append(asked) if asked.method in ("POST", "PATCH") else None)
    page.get_by_label("Choose video files").set_input_files(large)
    first = row(page, "pd007 speech.mp4")
    assert first.get_by_label("Participant code").input_value() == "PD-007"
    assert first.get_by_label("MDS-UPDRS task").input_value() == "speech"
    drop(page, "IMG_4711.mov", "Dear doctor, the video is attached.\n" * 30)
    second = row(page, "IMG_4711.mov")
    assert second.get_by_label("Participant code").input_value() == ""
    picture(page, "uploads-chosen")

    wire.limit = SLOW
    page.get_by_role("button", name="Upload 2 files").click()
    second.get_by_text("Give the participant's code").wait_for()  # the other one is on its way meanwhile
    second.get_by_label("Participant code").fill("PD-8")
    second.get_by_label("MDS-UPDRS task").select_option("facial_expression")
    page.get_by_role("button", name="Upload 1 file").click()
    second.get_by_text("Nothing of the file was kept").wait_for()
    assert "is not a video that can be read" in second.inner_text()
    eventually(lambda: percent(first) >= 40)
    eventually(lambda: re.search(r"MB/s · .* left", first.inner_text()))
    picture(page, "uploads-sending")

    wire.limit = None
    page.reload()
    page.get_by_text("Begun and not finished").wait_for()
    picture(page, "uploads-reloaded")
    sent.clear()
    page.get_by_label("Choose video files").set_input_files(large)
    first = row(page, "pd007 speech.mp4")
    first.get_by_text("is a recording now").wait_for()
    picture(page, "uploads-done")

    pieces = [asked for asked in sent if asked.method == "PATCH"]
    assert [asked.method for asked in sent] == ["PATCH"] * len(pieces)  # nothing was begun anew
    assert int(pieces[0].headers["upload-offset"]) >= 8 << 20
    assert pieces[0].headers["upload-checksum"].startswith("sha256 ")
    assert pieces[-1].headers["upload-sha256"] == hashlib.sha256(large.read_bytes()).hexdigest()
    recording = Recording.objects.get()
    assert recording.sha256 == hashlib.sha256(large.read_bytes()).hexdigest()
    assert recording.participant.code == "PD-007"
    assert sorted(Upload.objects.values_list("state", flat=True)) == ["accepted", "refused"]


def test_pause_resume_and_cancel(page, wire: Wire, tmp_path: Path, settings):
    one = pad_video(write_video(tmp_path / "PD-1 rest.mp4", seed=1), n_bytes=30_000_000)
    other = pad_video(write_video(tmp_path / "PD-2 rest.mp4", seed=2), n_bytes=30_000_000)
    wire.limit = SLOW
    page.get_by_label("Choose video files").set_input_files([one, other])
    page.get_by_role("button", name="Upload 2 files").click()
    paused, cancelled = row(page, one.name), row(page, other.name)
    eventually(lambda: percent(paused) > 5 and percent(cancelled) > 5)
    paused.get_by_role("button", name="Pause").click()
    paused.get_by_text("Paused", exact=True).wait_for()
    cancelled.get_by_role("button", name="Cancel").click()
    eventually(lambda: Upload.objects.filter(code="PD-2", state="cancelled"))
    cancelled.wait_for(state="detached")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)
    assert asked == []
    picture(page, "uploads-paused")
    wire.limit = None
    paused.get_by_role("button", name="Resume").click()
    paused.get_by_text("is a recording now").wait_for()
    assert [path.name for path in settings.UPLOAD_FOLDER.iterdir()] == []


def test_a_cut_cable_is_mended_by_the_page_itself(page, wire: Wire, tmp_path: Path):
    path = pad_video(write_video(tmp_path / "PD-3 rest.mp4"), n_bytes=30_000_000)
    wire.limit = SLOW
    page.get_by_label("Choose video files").set_input_files(path)
    page.get_by_role("button", name="Upload 1 file").click()
    one = row(page, path.name)
    for least in (10, 40):
        eventually(lambda least=least: percent(one) >= least)
        wire.cut()
        eventually(lambda: "Interrupted. Trying again" in one.inner_text(), every=0.02)
        picture(page, "uploads-interrupted")
        wire.mend()
    eventually(lambda: "Being sent" in one.inner_text(), every=0.02)
    wire.limit = 1  # nothing comes through any more, and nobody says so
    eventually(lambda: "Interrupted. Trying again" in one.inner_text(), every=0.02)
    wire.limit = None
    one.get_by_text("is a recording now").wait_for()
    assert Recording.objects.get().sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_without_javascript_the_plain_form_works(page, chromium, tmp_path: Path):
    context = chromium.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(page.url)
    plain.get_by_label("Participant code").fill("PD-9")
    plain.get_by_label("Video file", exact=True).set_input_files(write_video(tmp_path / "a.mp4"))
    picture(plain, "uploads-plain")
    plain.get_by_role("button", name="Upload").click()
    plain.get_by_role("heading", name="Upload for PD-9").wait_for()
    eventually(lambda: Recording.objects.filter(participant__code="PD-9").exists())
