"""The desk and the figure in a real browser, under the real content security policy."""

import io
import re

import av
import numpy as np
import pytest

from accounts.models import Role
from cohorts import storage
from ratings import member_services, services
from ratings.models import Presentation, Rating, Study
from tests.factories import (
    CohortFactory,
    OriginalFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    UserFactory,
)
from tests.ratings.build import make_raters, rate_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def video(level: int) -> dict[str, object]:
    """Two seconds of one grey, as a stored file."""
    content = io.BytesIO()
    with av.open(content, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(50):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    content.seek(0)
    return {"storage_name": storage.store(content), "n_bytes": content.getbuffer().nbytes, "sha256": f"{level:064d}"}


@pytest.fixture
def study() -> Study:
    cohort = CohortFactory()
    for _ in range(2):
        recording = RecordingFactory(participant=ParticipantFactory(cohort=cohort))
        OriginalFactory(recording=recording, **video(200))
        RenditionFactory(recording=recording, **video(20))
    study = services.create_study(name="Pilot", cohort=cohort, method="mask", raters=make_raters(1), actor=None)
    return services.open_study(study=study, actor=None)


@pytest.fixture
def browse(live_server, sign_in, chromium):
    """`browse(user)`: a page of that user's browser; its complaints are kept in `page.complaints`."""
    complaints: list[str] = []

    def make(who):
        cookie = sign_in(who).cookies["sessionid"].value
        context = chromium.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.set_default_timeout(10_000)
        page.complaints = complaints
        return page

    return make


def saved(page):
    from playwright.sync_api import expect

    expect(page.locator("#status")).to_have_text(re.compile(r"^saved \d\d:\d\d:\d\d"), timeout=10_000)


def plays(page):
    """The policy forbids waiting inside the page, so ask from here."""
    for _ in range(100):
        if page.locator("#video").evaluate("video => video.currentTime") > 0.1:
            return True
        page.wait_for_timeout(50)
    return False


def test_a_rater_goes_through_a_study_without_a_mouse(browse, study):
    page = browse(study.raters.get())
    page.goto("/rate/")
    page.get_by_role("link", name="Continue").focus()
    page.keyboard.press("Enter")
    for position in range(1, 5):
        page.get_by_role("heading", name=f"{position} of 4").wait_for()
        page.keyboard.press("Space")
        assert plays(page)
        page.keyboard.press("2")
        page.keyboard.press("n")
        saved(page)
        page.keyboard.press("Enter")
    page.get_by_text("Everything is rated").wait_for()
    assert Presentation.objects.filter(completed_at__isnull=False).count() == 4
    assert sorted(Rating.objects.values_list("score", "not_sure"), key=str) == [(2, False)] * 4 + [(None, True)] * 4
    assert page.complaints == []


def test_answers_are_shown_again_and_arrows_choose_the_item(browse, study):
    page = browse(study.raters.get())
    page.goto("/rate/next/")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("4")
    saved(page)
    page.reload()
    assert page.locator("[data-item=rest_tremor_lip_jaw] [aria-pressed=true]").inner_text().split() == ["4", "severe"]
    assert page.get_by_role("button", name="Next").is_disabled()
    page.locator("[data-item=facial_expression] [data-key='0']").click()
    saved(page)
    assert page.get_by_role("button", name="Next").is_enabled()
    assert page.complaints == []


def test_what_the_server_did_not_get_is_not_called_saved_and_is_sent_again_once(browse, study):
    page = browse(study.raters.get())
    page.goto("/rate/next/")
    page.route("**/api/**", lambda route: route.abort())
    page.keyboard.press("3")
    page.get_by_text("not saved, trying again").wait_for()
    assert not Rating.objects.exists()
    page.unroute("**/api/**")
    saved(page)
    assert Rating.objects.get().score == 3


def test_an_answer_whose_receipt_was_lost_is_one_row(browse, study):
    page = browse(study.raters.get())
    page.goto("/rate/next/")
    asked, lost = [], []

    def lose_the_first_receipt(route):
        asked.append(route)  # at once: on a slow machine the page asks again while the first answer is fetched
        if len(asked) > 1:
            route.continue_()
        else:
            lost.append(route.fetch().status)
            route.abort()

    page.route("**/api/**", lose_the_first_receipt)
    page.keyboard.press("3")
    saved(page)
    page.wait_for_timeout(500)
    assert len(lost) == 1
    assert lost[0] in (200, 201)
    assert len(asked) >= 2
    assert Rating.objects.count() == 1


def test_an_answer_after_the_closing_is_told_and_taken_back(browse, study):
    page = browse(study.raters.get())
    page.goto("/rate/next/")
    services.close_study(study=study, actor=None)
    page.keyboard.press("1")
    page.get_by_text("not saved: The study must be “Open”").wait_for()
    assert page.locator("[aria-pressed=true]").count() == 0


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (768, 1024), (390, 844)])
def test_every_control_is_large_and_on_the_screen(browse, study, width, height):
    page = browse(study.raters.get())
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/rate/next/")
    for control in page.locator("#desk button, #desk nav a").all():
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_figure_is_drawn_under_the_policy(browse, study):
    rate_all(study)
    services.close_study(study=study, actor=None)
    reader = UserFactory(role=Role.INVESTIGATOR)
    member_services.add_member(study=study, user=reader, actor=None)
    page = browse(reader)
    page.goto(f"/results/{study.pk}/")
    page.locator(".figure .bars .point").first.wait_for(state="attached")
    assert "n = 2" in page.locator(".figure .legend").text_content()
    assert page.complaints == []
