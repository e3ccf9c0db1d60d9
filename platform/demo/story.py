"""The main job once, as its users would do it, over HTTP; every stage checks that what it says really happened."""

import csv
import io
import random
import re
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from demo.client import Browser, Refused, wait_for

OWN_CLIP = "OWN-001"


@dataclass
class Story:
    """What the demo does and what it has seen so far."""

    url: str
    passwords: dict[str, str]
    say: Callable[[str], None]
    title: str
    method: str = "motionmesh"
    patience: float = 600
    seed: int = 0
    cohort: int = 0
    study: int = 0
    recordings: list[int] = field(default_factory=list)
    renditions: dict[int, int] = field(default_factory=dict)
    n_answers: int = 0
    facts: list[tuple[str, str]] = field(default_factory=list)

    def browser(self, name: str) -> Browser:
        return Browser(self.url, name, self.passwords[name])

    @contextmanager
    def stage(self, name: str) -> Iterator[list[str]]:
        """A stage that reports its facts when it is over, and its name when it fails."""
        said: list[str] = []
        try:
            yield said
        except Refused as error:
            raise Refused(f"{name}: {error}") from error
        self.facts.append((name, "; ".join(said)))
        self.say(f"  {name}: {'; '.join(said)}")


def upload(story: Story, clips: list[tuple[Path, str, str]]) -> None:
    """The coordinator uploads clips (path, participant, task) by the page and waits for the worker's verdict."""
    browser = story.browser("demo-coordinator")
    for path, code, task in clips:
        page = browser.submit(
            f"/cohorts/{story.cohort}/upload/", {"code": code, "task": task}, files={"video": path}, expect="/uploads/"
        )
        address = page.url.removeprefix(story.url)
        verdict = wait_for(f"the check of {path.name}", partial(_over, browser, address), seconds=story.patience)
        found = re.search(r'href="/recordings/(\d+)/"', verdict)
        if not found:
            raise Refused(f"{path.name} was refused: {_text(verdict)}")
        story.recordings.append(int(found[1]))


def make_cohort(story: Story) -> None:
    page = story.browser("demo-coordinator").submit("/cohorts/new/", {"name": story.title}, expect="/cohorts/")
    story.cohort = int(re.findall(r"/cohorts/(\d+)/", page.url)[0])


def list_recordings(story: Story) -> None:
    """All recordings of the cohort, as its page shows them."""
    page = story.browser("demo-coordinator").get(f"/cohorts/{story.cohort}/").text
    story.recordings = sorted({int(pk) for pk in re.findall(r'href="/recordings/(\d+)/"', page)})


SCOPES = ("research", "rating", "lay_judges", "donor", "sharing")


def record_consent(story: Story) -> None:
    """The coordinator records what every participant signed; without that nothing is de-identified."""
    with story.stage("consent recorded") as said:
        browser = story.browser("demo-coordinator")
        page = browser.get(f"/cohorts/{story.cohort}/participants/").text
        participants = sorted({int(pk) for pk in re.findall(r'href="/participants/(\d+)/"', page)})
        refused = browser.attempt(f"/recordings/{story.recordings[0]}/jobs/", {"method": story.method})
        if refused.status_code != 422 or "has no consent" not in refused.text:
            raise Refused(f"a recording without consent was not refused: {refused.status_code}")
        signed = {"given": "yes", "scopes": SCOPES, "on": "2026-01-31", "version": "demo-1"}
        for participant in participants:
            address = f"/participants/{participant}/"
            shown = browser.submit(f"{address}consent/", signed, expect=address).text
            if shown.count("badge good") != len(SCOPES):
                raise Refused(f"participant {participant} does not show {len(SCOPES)} scopes as given")
        said.append(f"{len(participants)} participants, {len(SCOPES)} scopes each; refused before that")


def deidentify(story: Story) -> None:
    """Jobs for all recordings; waits until the worker has brought each to its end."""
    with story.stage("de-identified by the worker") as said:
        browser = story.browser("demo-coordinator")
        jobs = {}
        for recording in story.recordings:
            page = browser.submit(f"/recordings/{recording}/jobs/", {"method": story.method}, expect="/jobs/")
            jobs[recording] = page.url.removeprefix(story.url)
        for recording, job in jobs.items():
            over = wait_for(f"job {job}", partial(_over, browser, job), seconds=story.patience)
            found = re.search(r'href="/renditions/(\d+)/"', over)
            if not found:
                raise Refused(f"recording {recording} gave no rendition: {_text(over)}")
            story.renditions[recording] = int(found[1])
        said.append(f"{len(jobs)} renditions by {story.method}")


def release(story: Story) -> None:
    """The reviewer looks at every rendition, keeps withheld frames masked, and releases."""
    from videoio.inspect import timestamps

    with story.stage("reviewed and released") as said, tempfile.TemporaryDirectory() as folder:
        browser, n_frames, n_withheld = story.browser("demo-coordinator"), 0, 0
        for rendition in story.renditions.values():
            address = f"/renditions/{rendition}/"
            page = browser.get(address).text
            video = browser.download(_video(page), Path(folder) / f"{rendition}.mp4")
            promised = int(re.findall(r'data-frames="(\d+)"', page)[0])
            if len(timestamps(video)) != promised:
                raise Refused(f"rendition {rendition} plays {len(timestamps(video))} frames, not {promised}")
            waiting = re.findall(r"(\d+) frames? waits? for a decision", page)
            if waiting:
                n_withheld += int(waiting[0])
                browser.submit(f"{address}keep-masked/", {}, expect=address)
            if "Released" not in browser.submit(f"{address}release/", {"note": "demo"}, expect=address).text:
                raise Refused(f"rendition {rendition} is not shown as released")
            n_frames += promised
        said.append(f"{len(story.renditions)} renditions, {n_frames} frames, {n_withheld} of them withheld and kept so")


def open_study(story: Story) -> None:
    """The coordinator sets the study up, waits for the re-encoded originals, and opens it."""
    with story.stage("blinded study opened") as said:
        browser = story.browser("demo-coordinator")
        form = browser.get("/studies/new/").text
        raters = [_option(form, name) for name in ("Demo Rater One", "Demo Rater Two")]
        page = browser.submit(
            "/studies/new/",
            {"name": story.title, "cohort": story.cohort, "method": story.method, "raters": raters},
            expect="/studies/",
        )
        story.study = int(re.findall(r"/studies/(\d+)/", page.url)[0])
        address = f"/studies/{story.study}/"
        wait_for("the originals", lambda: _ready(browser.get(address).text), seconds=story.patience)
        browser.submit(f"{address}open/", {}, expect=address)
        said.append(f"{2 * len(story.recordings)} presentations for each of {len(raters)} raters")


def rate(story: Story) -> None:
    """Two raters see every presentation and answer its items. Their answers are random: nobody looks at the videos."""
    with story.stage("rated blindly") as said, tempfile.TemporaryDirectory() as folder:
        for name in ("demo-rater-1", "demo-rater-2"):
            browser, dice = story.browser(name), random.Random(f"{story.seed} {name}")  # noqa: S311
            n_shown = 0
            while "/rate/next" not in (page := browser.get("/rate/next/")).url and "data-save" in page.text:
                n_shown += 1
                _answer(story, browser, page.text, page.url.removeprefix(story.url), dice, Path(folder))
            if n_shown != 2 * len(story.recordings):
                raise Refused(f"{name} was shown {n_shown} presentations, not {2 * len(story.recordings)}")
        said.append(f"{story.n_answers} answers saved (random ones: nobody looked)")


def _answer(story: Story, browser: Browser, page: str, address: str, dice: random.Random, folder: Path) -> None:
    from videoio.inspect import timestamps

    video = browser.download(_video(page), folder / "shown.mp4")
    if not timestamps(video):
        raise Refused(f"{address}video plays no frame")
    save = re.findall(r'data-save="([^"]+)"', page)[0]
    for item in re.findall(r'data-item="([^"]+)"', page):
        not_sure = dice.random() < 0.05
        answer = {
            "item": item, "score": None if not_sure else dice.choice((0, 0, 1, 1, 2, 3)), "not_sure": not_sure,
            "client_id": str(uuid.uuid4()),
        }  # fmt: skip
        saved = browser.post_json(save, answer)
        if saved.status_code != 201:
            raise Refused(f"an answer was not saved: {saved.status_code} {saved.text[:200]}")
        story.n_answers += 1


def read_result(story: Story) -> None:
    """Sealed until closed; then the investigator's page and the CSV must tell the same."""
    with story.stage("read by the investigator") as said:
        investigator = story.browser("demo-investigator")
        address = f"/results/{story.study}/"
        if "Mean" in investigator.get(address).text:
            raise Refused("the result was shown while the study was open")
        study = f"/studies/{story.study}/"
        story.browser("demo-coordinator").submit(f"{study}close/", {}, expect=study)
        page = investigator.get(address).text
        table = list(csv.DictReader(io.StringIO(investigator.get(f"{address}ratings.csv").text)))
        if len(table) != story.n_answers:
            raise Refused(f"the CSV holds {len(table)} answers, {story.n_answers} were saved")
        for item, (n_pairs, mean) in sorted(paired(table).items()):
            shown = f"{mean:+.2f}".replace("-", "−") if n_pairs else "undefined"
            if f'class="n">{n_pairs}</td>' not in page or (n_pairs and f"{abs(mean):.2f}" not in page):
                raise Refused(f"{item}: the page does not show the {n_pairs} pairs and mean {shown} of the CSV")
            said.append(f"{item} n={n_pairs} mean {shown}")


def withdraw(story: Story) -> None:
    """One participant withdraws: the video is gone, the ratings count no more, the export is named for recall."""
    with story.stage("one participant withdrawn") as said:
        browser, investigator = story.browser("demo-coordinator"), story.browser("demo-investigator")
        page = browser.get(f"/recordings/{story.recordings[0]}/?watch").text
        video, participant = _video(page), re.findall(r'href="(/participants/\d+/)"', page)[0]
        browser.get(video, status=206, Range="bytes=0-99")
        code = re.findall(r"<h1>([A-Z0-9-]+)</h1>", browser.get(participant).text)[0]
        receipt = browser.submit(f"{participant}withdraw/", {"code": code}, expect="/withdraw/", stays=True).text
        if "Receipt of the withdrawal" not in receipt or "as CSV: remove the rows of" not in receipt:
            raise Refused(f"the receipt is not complete: {_text(receipt)}")
        browser.get(video, status=404, Range="bytes=0-99")
        table = list(csv.DictReader(io.StringIO(investigator.get(f"/results/{story.study}/ratings.csv").text)))
        left = len({row["participant"] for row in table})
        if not 0 < len(table) < story.n_answers:
            raise Refused(f"the result still holds {len(table)} of {story.n_answers} answers")
        n_files = len(re.findall(r"<td>(?:recording|rendition)</td>", receipt))
        said.append(
            f"{code}: {n_files} files destroyed, {len(table)} answers of {left} participants left in the result"
        )


def paired(rows: list[dict[str, str]]) -> dict[str, tuple[int, float]]:
    """Pairs and mean deviation of each item, computed anew from the exported rows."""
    scores: dict[tuple[str, str, str], dict[str, int]] = {}
    items = {row["item"] for row in rows}
    for row in rows:
        if row["score"] != "":
            scores.setdefault((row["item"], row["rater"], row["recording"]), {})[row["arm"]] = int(row["score"])
    deviations: dict[str, list[int]] = {item: [] for item in items}
    for (item, _rater, _recording), arms in scores.items():
        if len(arms) == 2:
            (deidentified,) = (score for arm, score in arms.items() if arm != "original")
            deviations[item].append(arms["original"] - deidentified)
    return {item: (len(found), sum(found) / len(found) if found else 0.0) for item, found in deviations.items()}


def _over(browser: Browser, address: str) -> str | None:
    """What the page polls for: the fragment that stops the polling, once the worker is done."""
    answer = browser.session.get(browser.url + address, headers={"HX-Request": "true"}, timeout=60)
    return answer.text if answer.status_code == 286 else None


def _ready(page: str) -> bool:
    """The page of a draft study; a failed original must not be waited for."""
    if "could not be re-encoded" in page:
        raise Refused(_text(page))
    return "/open/" in page


def _video(page: str) -> str:
    """The address that the page's player asks: a link of this session."""
    found = re.search(r'<video[^>]* src="([^"]+)"', page)
    if not found:
        raise Refused(f"the page shows no video: {_text(page)}")
    return found[1]


def _option(form: str, label: str) -> str:
    found = re.search(r'<label[^>]*>\s*<input[^>]*value="(\d+)"[^>]*>\s*' + re.escape(label), form)
    if not found:
        raise Refused(f"the study form offers no rater “{label}”")
    return found[1]


def _text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())[:400]
