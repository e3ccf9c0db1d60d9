"""The dashboards of fidelity and the linked player, as coordinator and investigator find them after the main job."""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from demo.client import Browser, Refused
from demo.story import Story

# Tremor needs 8 s and a heart rate 10 s: the clips of the check are shorter, and their pages say so.
PAGES = {
    "methods": {"scatter"},
    "dynamics": {"pairs", "motion", "amplitude", "blinks", "oks"},
    "identity": {"distances", "roc", "plane", "rank"},
}
OVER_TIME = {"lids", "lip", "body", "identity"}


def read_dashboards(story: Story) -> None:
    """Figures have data, marks lead to the player, and the player plays; raters see none of it."""
    with story.stage("dashboards and player") as said:
        coordinator, investigator = story.browser("demo-coordinator"), story.browser("demo-investigator")
        n_marks = 0
        for page, expected in PAGES.items():
            address = f"/fidelity/{page}/?cohort={story.cohort}"
            found = drawn(coordinator.get(address).text)
            if missing := sorted(expected - set(found)):
                raise Refused(f"{address} does not draw: {', '.join(missing)}")
            n_marks += sum(len(leads(figure)) for figure in found.values())
            if set(drawn(investigator.get(address).text)) != set(found):
                raise Refused(f"the investigator does not see the figures of {address}")
            story.browser("demo-rater-1").get(address, status=403)
        if not n_marks:
            raise Refused("no mark of any figure leads to a video")
        n_curves = _play(story, coordinator)
        _play(story, investigator)
        said.append(f"{sum(map(len, PAGES.values()))} figures, {n_marks} marks that lead to videos, {n_curves} curves")


def drawn(page: str) -> dict[str, Any]:
    """The figures of a page by name, those that have something to show."""
    found = re.findall(r'<script id="(\w+)" type="application/json">(.*?)</script>', page, re.S)
    figures = {name: json.loads(data) for name, data in found}
    return {name: figure for name, figure in figures.items() if any(_size(trace) for trace in figure.get("data", ()))}


def _size(trace: dict[str, Any]) -> int:
    """How many numbers a trace holds, whichever way Plotly writes them."""
    values = trace.get("z") or trace.get("y") or trace.get("x") or ()
    return len(values["bdata"]) if isinstance(values, dict) else len(values)


def leads(figure: dict[str, Any]) -> list[str]:
    """Addresses of the videos that a figure's marks lead to."""
    told = [one[0] for trace in figure["data"] for one in trace.get("customdata") or ()]
    return [one for one in told if isinstance(one, str) and one.startswith("/renditions/")]


def _play(story: Story, browser: Browser) -> int:
    from videoio.inspect import timestamps

    rendition = next(iter(story.renditions.values()))
    address = f"/renditions/{rendition}/side-by-side/"
    page = browser.get(address).text
    found = drawn(page)
    if missing := sorted(OVER_TIME - set(found)):
        raise Refused(f"{address} does not draw: {', '.join(missing)}")
    video = re.search(r'id="rendition"[^>]*src="([^"]+)"', page)
    with tempfile.TemporaryDirectory() as folder:
        if video is None or not timestamps(browser.download(video[1], Path(folder) / "shown.mp4")):
            raise Refused(f"{address} shows no video that plays")
    return sum(len(figure["data"]) for name, figure in found.items() if name in OVER_TIME)
