"""The review page in a real browser: the strip of frame states leads the player by keyboard and by mouse."""

import io

import av
import numpy as np
import pytest

from accounts.models import Role
from cohorts import storage
from deid.models import Rendition
from tests.factories import CohortFactory, ParticipantFactory, RecordingFactory, RenditionFactory, UserFactory
from tests.product import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RUNS = [[0, 24, "covered"], [25, 34, "withheld"], [35, 49, "covered"]]  # at 25 frames a second: 1.0 s and 1.4 s


def two_seconds() -> dict[str, object]:
    content = io.BytesIO()
    with av.open(content, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(50):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="rgb24")))
        container.mux(stream.encode())
    content.seek(0)
    return {"storage_name": storage.store(content), "n_bytes": content.getbuffer().nbytes, "sha256": "1" * 64}


@pytest.fixture
def page(live_server, sign_in, chromium):
    coordinator = UserFactory(role=Role.COORDINATOR)
    recording = RecordingFactory(participant=ParticipantFactory(cohort=CohortFactory(coordinators=[coordinator])))
    rendition = RenditionFactory(
        recording=recording, n_frames=50, runs=RUNS, state=Rendition.State.IN_REVIEW, **two_seconds()
    )
    context = chromium.new_context(base_url=live_server.url)
    cookie = sign_in(coordinator).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"/renditions/{rendition.pk}/")
    eventually(lambda: page.locator("#player").evaluate("video => video.readyState >= 1"), seconds=10)
    return page


def at(page, seconds: float) -> None:
    video = page.locator("#player")
    eventually(lambda: abs(video.evaluate("video => video.currentTime") - seconds) < 0.05, seconds=5)


def test_the_strip_goes_from_state_to_state_by_keyboard(page):
    strip = page.get_by_role("slider", name="State of every frame")
    strip.focus()
    for key, seconds in (("ArrowRight", 1.0), ("ArrowRight", 1.4), ("ArrowLeft", 1.0), ("End", 1.4), ("Home", 0.0)):
        page.keyboard.press(key)
        at(page, seconds)
    page.keyboard.press("ArrowRight")
    eventually(lambda: "Whole frame withheld" in (strip.get_attribute("aria-valuetext") or ""), seconds=5)


def test_a_click_on_the_strip_and_the_time_of_a_withheld_run_go_there(page):
    box = page.locator("#strip").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.85, box["y"] + 5)
    at(page, 1.7)
    page.get_by_role("button", name="0:01.0").click()
    at(page, 1.0)
