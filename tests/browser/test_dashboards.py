"""The dashboards of fidelity and the linked player in a real browser, with the figures really drawn.

SCREENSHOTS=DIR keeps pictures of each page in both schemes, on a desktop and on a small screen.
"""

import io
import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from accounts.models import Role
from audit.models import Event
from cohorts import storage
from deid.models import Rendition
from tests.analysis.dashboards import SECONDS, cohort_of, with_series
from tests.factories import PASSWORD, UserFactory
from tests.media_files import write_video
from tests.product import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = {"desktop": {"width": 1440, "height": 900}, "small": {"width": 1024, "height": 768}}
FPS = 30
DRAWN = "() => [...document.querySelectorAll('[data-figure]')].every(one => one.querySelector('.main-svg'))"
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Legends that stand over their plot: in another width they have other rows.
COVERED = """() => [...document.querySelectorAll("[data-figure]")].filter(one => {
    const [legend, plot] = [".legend", ".nsewdrag"].map(name => one.querySelector(name)?.getBoundingClientRect());
    return legend && plot && legend.bottom > plot.top + 1 && legend.top < plot.bottom;
  }).map(one => one.dataset.figure)"""
NOW = "() => document.getElementById('rendition').currentTime"
APART = f"({NOW})() - document.getElementById('original').currentTime".join(("() => Math.abs(", ")"))


@pytest.fixture
def coordinator() -> Any:
    return UserFactory(role=Role.COORDINATOR)


@pytest.fixture
def rendition(coordinator, tmp_path: Path) -> Rendition:
    """Six participants by three methods; one rendition has videos that play, and series."""
    cohort_of(6, methods=("mask", "motionmesh", "facemotion"), coordinator=coordinator)
    rendition = Rendition.objects.filter(method="motionmesh").earliest("pk")
    for seed, video in enumerate((rendition.recording, rendition)):
        made = write_video(tmp_path / f"{seed}.mp4", n_frames=round(SECONDS * FPS), fps=FPS, size=(192, 128), seed=seed)
        data = made.read_bytes()
        video.storage_name = storage.store(io.BytesIO(data), participant=rendition.recording.participant)
        video.n_bytes, video.n_frames = len(data), round(SECONDS * FPS)
        video.save()
    with_series(rendition)
    return rendition


@pytest.fixture
def page(chromium, live_server, coordinator) -> Any:
    page = chromium.new_context(base_url=live_server.url, viewport=SIZES["desktop"], reduced_motion="reduce").new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.goto("/account/login/")
    page.get_by_label("Username").fill(coordinator.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def examine(page: Any, name: str) -> None:
    """All figures drawn, for everybody, as wide as the screen, in both schemes."""
    eventually(lambda: page.evaluate(DRAWN), seconds=60)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        only = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
        found = Axe().run(page, options={"resultTypes": ["violations"], **only}).response["violations"]
        page.wrong += [f"{name} ({scheme}): {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]
        for size, box in SIZES.items():
            page.set_viewport_size(box)
            if (excess := page.evaluate(TOO_WIDE)) > 0:
                page.wrong.append(f"{name}: {excess} px too wide for {size}")
            eventually(lambda: page.evaluate(COVERED) == [], seconds=20)
            if folder := os.environ.get("SCREENSHOTS"):
                page.wait_for_timeout(400)
                page.screenshot(path=Path(folder) / f"{name}-{size}-{scheme}.png", full_page=True)
    page.set_viewport_size(SIZES["desktop"])
    page.emulate_media(color_scheme="light")


def click_on_a_mark(page: Any, name: str) -> None:
    """In the middle of a small mark of a figure."""
    figure = page.locator(f"[data-figure={name}]")
    figure.scroll_into_view_if_needed()
    box = figure.locator(".scatterlayer .points path").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    figure.locator(".hoverlayer .hovertext").first.wait_for()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def stands_at(figure: Any, share: float) -> bool:
    """Whether the line of the moment stands at this share of the axis of time."""
    line, plot = (figure.locator(name).bounding_box() for name in (".moment", ".nsewdrag"))
    return abs(line["x"] - plot["x"] - share * plot["width"]) < 5


def test_figures_are_drawn_and_a_mark_leads_to_its_video(page, rendition):
    for route in ("methods", "dynamics", "identity"):
        page.goto(reverse(f"analysis:{route}"))
        examine(page, route)
    page.goto(reverse("analysis:dynamics"))
    eventually(lambda: page.evaluate(DRAWN), seconds=60)
    click_on_a_mark(page, "motion")
    page.wait_for_url("**/side-by-side/")
    assert page.wrong == []


def test_a_printed_page_cuts_no_table(page, rendition):
    """On A4, upright, with a centimetre around it: 190 mm are 718 pixels."""
    page.set_viewport_size({"width": 718, "height": 1000})
    page.emulate_media(media="print")
    for route in ("methods", "dynamics", "identity"):
        page.goto(reverse(f"analysis:{route}"))
        eventually(lambda: page.evaluate(DRAWN), seconds=60)
        wide = page.evaluate("() => [...document.querySelectorAll('table')].map(one => one.scrollWidth)")
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{route}-print.png", full_page=True)
        assert max(wide, default=0) <= 718, route


def test_the_player_runs_in_step_and_a_click_on_a_curve_goes_to_the_moment(page, rendition):
    page.goto(reverse("analysis:player", args=[rendition.pk]) + "?t=2")
    page.get_by_role("link", name="Show the original").click()
    eventually(lambda: page.evaluate("() => document.getElementById('original')?.readyState > 1"), seconds=20)
    eventually(lambda: page.evaluate(NOW) == pytest.approx(2, abs=0.1), seconds=20)
    examine(page, "player")
    lids = page.locator("[data-figure=lids]")
    lids.scroll_into_view_if_needed()
    eventually(lambda: stands_at(lids, 2 / SECONDS), seconds=20)  # after all these widths
    plot = lids.locator(".nsewdrag").bounding_box()
    page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] / 2)
    page.mouse.click(plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] / 2)
    eventually(lambda: page.evaluate(NOW) == pytest.approx(SECONDS / 2, abs=0.7), seconds=20)
    line = lids.locator(".moment").bounding_box()
    assert line["x"] == pytest.approx(plot["x"] + plot["width"] / 2, abs=3)
    eventually(lambda: page.evaluate(APART) < 0.5 / FPS, seconds=20)

    before = page.evaluate(NOW)
    page.keyboard.press("ArrowRight")
    eventually(lambda: 0.2 / FPS < page.evaluate(NOW) - before < 1.8 / FPS, seconds=20)
    page.keyboard.press(" ")
    eventually(lambda: page.evaluate(NOW) > before + 0.4, seconds=20)
    page.keyboard.press(" ")
    eventually(lambda: page.evaluate("() => document.getElementById('original').paused"), seconds=20)
    eventually(lambda: page.evaluate(APART) < 0.5 / FPS, seconds=20)
    assert lids.locator(".moment").bounding_box()["x"] > line["x"]
    looked = Event.objects.filter(verb__in=["original.viewed", "rendition.viewed"])
    assert set(looked.values_list("verb", flat=True)) == {"original.viewed", "rendition.viewed"}
    assert page.wrong == []
