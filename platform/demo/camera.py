"""Pictures of the site for the README: a browser that signs in as the demo's people and looks at single pages.

What it drives comes with the tests' dependencies; nothing here is imported by the site.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from demo.client import Refused
from demo.story import Story

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTH = 1280


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture to take after a stage of the story: whose page it is, and where in the story it lies."""

    name: str
    stage: str
    person: str
    address: Callable[[Story], str]
    playing: bool = False  # wait for the video's picture, and go into it
    height: int = 800


SHOTS = (
    Shot("home", "de-identified by the worker", "demo-coordinator", lambda story: "/"),
    Shot(
        "review", "de-identified by the worker", "demo-coordinator",
        lambda story: f"/renditions/{story.renditions[story.recordings[0]]}/", playing=True,
    ),
    Shot("desk", "blinded study opened", "demo-rater-1", lambda story: "/rate/next/", playing=True),
    Shot(
        "results", "agreement computed", "demo-investigator", lambda story: f"/results/{story.study}/",
        height=1160,
    ),
)  # fmt: skip


class Camera:
    """Takes the pictures of a stage once it is over; the first time, where the story comes by again."""

    def __init__(self, browser: "Browser", folder: Path) -> None:
        self.browser, self.folder = browser, folder
        self.taken: list[Path] = []

    def look(self, story: Story, stage: str) -> None:
        for shot in SHOTS:
            path = self.folder / f"{shot.name}.png"
            if shot.stage == stage and path not in self.taken:
                self._take(story, shot, path)
                self.taken.append(path)

    def _take(self, story: Story, shot: Shot, path: Path) -> None:
        page = self._sign_in(story, shot.person)
        page.set_viewport_size({"width": WIDTH, "height": shot.height})
        page.goto(shot.address(story), wait_until="networkidle")
        if shot.playing:
            _into_the_video(page)
        page.screenshot(path=path)
        page.context.close()

    def _sign_in(self, story: Story, person: str) -> "Page":
        context = self.browser.new_context(base_url=story.url, color_scheme="light", locale="en-GB")
        page = context.new_page()
        page.goto("/account/login/")
        page.locator("[name=login]").fill(person)
        page.locator("[name=password]").fill(story.passwords[person])
        page.locator("main form button").click()
        page.wait_for_load_state()
        return page


def _into_the_video(page: "Page") -> None:
    """One second into the page's video, with that picture painted and no controls over it."""
    page.locator("video").evaluate(
        """video => new Promise((done) => {
          const go = () => {
            video.addEventListener("seeked", () => setTimeout(done, 300), { once: true });
            video.controls = false;
            video.currentTime = 1;
          };
          if (video.readyState >= 2) go();
          else video.addEventListener("loadeddata", go, { once: true });
        })"""
    )


@contextmanager
def camera(folder: Path) -> Iterator[Camera]:
    """A headless Chromium that puts its pictures into `folder`.

    Raises
    ------
    Refused : there is no browser, or nothing that drives one
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise Refused(
            "pictures: the tests' dependencies are missing: run make screenshots, which installs them"
        ) from None
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not program:
        raise Refused("pictures: Chromium was not found: install the package chromium, or name a program in CHROMIUM")
    folder.mkdir(parents=True, exist_ok=True)
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield Camera(browser, folder)
        browser.close()
