"""The six-face experiment once, as its users would do it, over HTTP: built, judged, closed and read."""

import csv
import io
import json
import re
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from demo import story as stages
from demo.client import Browser, Refused, wait_for
from demo.reading import finished, option_of, text_of
from demo.story import Story

PROTOCOL = {
    "trials_each": 2, "controls": "random", "control_cap": 4, "donor_cap": 0, "catch_each": 2, "practice": 1,
    "break_after": 0, "upper_bound": 0.05, "margin": 0.1, "margin_reason": "A demonstration, no claim.", "alpha": 0.05,
    "least_right": 0, "most_false": 1,
}  # fmt: skip
NO_TWO = {"picks": [], "confidence": 1, "response_ms": 1000}


SECONDS = 2.0  # of the clips that are made for it: two moments a second apart


def write_people(folder: Path) -> list[Sequence[str]]:
    """A clip at rest of each phantom participant; rows of a manifest. What is there is kept."""
    from deid.algorithms.donors import DonorFolder
    from deid.algorithms.phantom.animate import Phantom
    from deid.algorithms.phantom.cohort import clips
    from deid.algorithms.phantom.record import SHIPPED, write_phantom

    people = DonorFolder.open(SHIPPED)
    rows: list[Sequence[str]] = []
    names = {sex: [str(one["name"]) for one in people.entries if one["sex"] == sex] for sex in ("f", "m")}
    folder.mkdir(parents=True, exist_ok=True)
    for clip in clips(names, seconds=SECONDS):  # type: ignore[arg-type] # the sexes are those of the index
        if clip.spec.task == "facial_expression":
            target, spec = folder / clip.file, replace(clip.spec, task="rest", hypomimia=0, parted_lips=0)
            if not target.exists():
                write_phantom(Phantom(spec, people.load(str(spec.identity))), target)
            rows.append((clip.file, clip.participant.code, "rest"))
    return rows


def experiment(story: Story) -> None:
    """On the people of a story. A judge who looks at nothing says “no two”; the investigator reads just that."""
    with story.stage("six-face experiment") as said:
        coordinator = story.browser("demo-coordinator")
        address = _build(story, coordinator)
        coordinator.submit(f"{address}open/", {}, expect=address)
        n_answers = _judge(story.browser("demo-judge"))
        coordinator.submit(f"{address}close/", {}, expect=address)
        n_none = _read(story, address)
        if n_none != n_answers:
            raise Refused(f"{n_answers} answers were saved, the export holds {n_none}")
        said.append(f"{n_answers} trials of six faces judged (by nobody who looked), read with codebook and hashes")


def prepare(story: Story) -> None:
    """Consent, renditions and their release of a cohort that was made for the experiment alone."""
    stages.list_recordings(story)
    stages.record_consent(story)
    stages.deidentify(story)
    stages.release(story)


def _build(story: Story, coordinator: Browser) -> str:
    form = coordinator.get("/experiments/new/").text
    told = {"name": f"{story.title} six faces", "cohort": story.cohort, "method": story.method}
    told |= {"judges": option_of(form, "Demo Judge"), "investigators": option_of(form, "Demo Investigator")}
    page = coordinator.submit("/experiments/new/", told, expect="/experiments/")
    address = re.findall(r"/experiments/\d+/", page.url)[0]
    coordinator.submit(f"{address}protocol/", PROTOCOL, expect=address, stays=True)
    coordinator.submit(f"{address}build/", {}, expect=address)
    built = wait_for("the trials", lambda: finished(coordinator, address), seconds=story.patience)
    if "Built" not in built:
        raise Refused(f"the trials were not built: {text_of(built)}")
    return address


def _judge(browser: Browser) -> int:
    """Every trial that waits, practice first; returns how many count."""
    n_counting = 0
    while "data-picture" in (page := browser.get("/judge/next/?rested").text):
        picture = browser.get(re.findall(r'data-picture="([^"]+)"', page)[0])
        if picture.headers["Content-Type"] != "image/jpeg":
            raise Refused("the page of a trial shows no picture")
        answer = re.findall(r'data-save="([^"]+)"', page)[0]
        saved = browser.post_json(answer, {"client_id": str(uuid.uuid4()), **NO_TWO})
        if saved.status_code != 201:
            raise Refused(f"an answer was not saved: {saved.status_code} {saved.text[:200]}")
        n_counting += json.loads(saved.text)["feedback"] is None
    return n_counting


def _read(story: Story, address: str) -> int:
    """How many answers the export holds; the page must say the bound in words."""
    reader, result = story.browser("demo-investigator"), f"/results{address}"
    if "Judges: " not in reader.get(result).text:
        raise Refused("the result does not say the bound in words")
    with zipfile.ZipFile(io.BytesIO(reader.get(f"{result}export.zip").content)) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("answers.csv").decode())))
    return sum(row["no_two"] == "1" for row in rows)
