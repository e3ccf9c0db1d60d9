"""The main job once, as its users would do it, over HTTP; every stage checks that what it says really happened."""

import csv
import hashlib
import io
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from demo.client import Browser, Refused, wait_for
from demo.dry_run import walk
from demo.reading import finished, numbers_shown, option_of, paired, ready, text_of, video_of
from ratings.algorithms.synthetic import Planted, SyntheticRater
from ratings.models import Study
from ratings.protocol import ESTIMAND

OWN_CLIP = "OWN-001"


@dataclass
class Story:
    """What the demo does and what it has seen so far."""

    url: str
    passwords: dict[str, str]
    say: Callable[[str], None]
    title: str
    method: str = "motionmesh"
    ca: str = ""
    patience: float = 600
    seed: int = 0
    cohort: int = 0
    study: int = 0
    recordings: list[int] = field(default_factory=list)
    renditions: dict[int, int] = field(default_factory=dict)
    n_answers: int = 0
    facts: list[tuple[str, str]] = field(default_factory=list)
    look: Callable[[str], None] = lambda stage: None  # called after each stage

    def browser(self, name: str) -> Browser:
        return Browser(self.url, name, self.passwords[name], self.ca)

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
        self.look(name)


def upload(story: Story, clips: list[tuple[Path, str, str]]) -> None:
    """The coordinator uploads clips (path, participant, task) as the page does and waits for the worker's verdict."""
    browser = story.browser("demo-coordinator")
    for path, code, task in clips:
        address = browser.upload(f"/cohorts/{story.cohort}/files/", path, participant=code, task=task)
        verdict = wait_for(f"the check of {path.name}", partial(finished, browser, address), seconds=story.patience)
        found = re.search(r'href="/recordings/(\d+)/"', verdict)
        if not found:
            raise Refused(f"{path.name} was refused: {text_of(verdict)}")
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
            over = wait_for(f"job {job}", partial(finished, browser, job), seconds=story.patience)
            found = re.search(r'href="/renditions/(\d+)/"', over)
            if not found:
                raise Refused(f"recording {recording} gave no rendition: {text_of(over)}")
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
            video = browser.download(video_of(page), Path(folder) / f"{rendition}.mp4")
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
    """The coordinator sets the study up, fixes its protocol, waits for the re-encoded originals, and opens it."""
    with story.stage("blinded study opened") as said:
        browser = story.browser("demo-coordinator")
        form = browser.get("/studies/new/").text
        raters = [option_of(form, name) for name in ("Demo Rater One", "Demo Rater Two")]
        page = browser.submit(
            "/studies/new/",
            {"name": story.title, "cohort": story.cohort, "method": story.method, "raters": raters},
            expect="/studies/",
        )
        story.study = int(re.findall(r"/studies/(\d+)/", page.url)[0])
        address = f"/studies/{story.study}/"
        if "has no justification" not in page.text:
            raise Refused(f"a study without a justified margin is not refused: {text_of(page.text)}")
        browser.submit(f"{address}protocol/", _protocol(story), expect=address, stays=True)
        browser.submit(f"{address}protocol/simulate/", PLANTED_IN_SIMULATION, expect=address)
        reader = option_of(browser.get(address).text, "Demo Investigator")
        browser.submit(f"{address}members/", {"user": reader}, expect=address)
        wait_for("the originals and the last encode", lambda: ready(browser.get(address).text), seconds=story.patience)
        opened = browser.submit(f"{address}open/", {}, expect=address).text
        pack = browser.get(re.findall(r'href="(/protocol-versions/\d+/json)"', opened)[0])
        if hashlib.sha256(pack.content).hexdigest() not in opened:
            raise Refused("the page does not show the hash of the protocol's pack")
        said.append(f"{_n_shown(story)} presentations for each of {len(raters)} raters; protocol frozen, orders sealed")


ASKED_AFTERWARDS = 4  # videos of each rater
PLANTED_IN_SIMULATION = {"agreement": 0.8, "bias": 0.0, "not_sure": 5, "seed": 1}


def _protocol(story: Story) -> dict[str, object]:
    """No days of waiting, and one hidden repeat of each version."""
    return {
        "items": ["facial_expression", "rest_tremor_lip_jaw", "speech"], "with_sound": ["speech"], "custom_items": "",
        "anchors_licence": "", "sessions": 1, "gap_days": 0, "repeats_percent": round(200 / len(story.recordings)),
        "participant_distance": 1, "donor_distance": 0, "donor_cap": 0, "break_after": 0, "break_minutes": 0,
        "scale_percent": 0, "estimand": ESTIMAND,
        "primary_item": "facial_expression", "margin": 0.5, "alpha": 0.05, "multiplicity": "holm", "n_planned": 0,
        "calibration_days": 0, "debrief_videos": ASKED_AFTERWARDS,
        "margin_reason": "Half a step of the scale: a demonstration, no clinical claim.",
    }  # fmt: skip


def _n_shown(story: Story) -> int:
    return 2 * len(story.recordings) + 2


def rate(story: Story) -> None:
    """Two raters see every presentation and answer its items: synthetic ones, nobody looks at the videos."""
    from videoio.boxes import index_hash
    from videoio.inspect import timestamps

    with story.stage("rated blindly") as said, tempfile.TemporaryDirectory() as folder:
        study = Study.objects.get(pk=story.study)
        for number, name in enumerate(("demo-rater-1", "demo-rater-2"), start=1):
            browser, indices = story.browser(name), Counter[str]()

            def look(page: str, address: str, browser: Browser = browser, indices: Counter[str] = indices) -> None:
                video = browser.download(video_of(page), Path(folder) / "shown.mp4")
                if not timestamps(video):
                    raise Refused(f"{address}video plays no frame")
                indices[index_hash(video)] += 1

            n_shown, n_answers = walk(study, browser, SyntheticRater(Planted(), number, str(story.seed)), look)
            if n_shown != _n_shown(story):
                raise Refused(f"{name} was shown {n_shown} presentations, not {_n_shown(story)}")
            if min(indices.values()) < 2:
                raise Refused(f"{name} was sent a file whose size or index no other version shares")
            story.n_answers += n_answers
            _be_debriefed(story, browser)
        said.append(
            f"{story.n_answers} answers saved (synthetic ones: nobody looked); files alike but for their pictures; "
            f"{2 * ASKED_AFTERWARDS} questions afterwards"
        )


def _be_debriefed(story: Story, browser: Browser) -> None:
    """What a rater is asked when all is rated: nobody looked, so nobody knows."""
    page = browser.submit(f"/rate/studies/{story.study}/debrief/begin/", {}, expect="/rate/debrief/")
    for _question in range(ASKED_AFTERWARDS):
        page = browser.submit(urlsplit(page.url).path, {"taken_for": "unknown"}, expect="/rate/")
    if "All questions are answered" not in page.text:
        raise Refused(f"{browser.username} was asked more than {ASKED_AFTERWARDS} questions afterwards")


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


def read_fidelity(story: Story) -> None:
    """What was measured meanwhile: the coordinator and the investigator read it, raters do not."""
    with story.stage("fidelity measured") as said:
        coordinator, rendition = story.browser("demo-coordinator"), next(iter(story.renditions.values()))
        address = f"/renditions/{rendition}/fidelity/"
        fragment = wait_for(
            f"measuring rendition {rendition}", partial(finished, coordinator, address), seconds=story.patience
        )
        shown = {label: numbers_shown(fragment, label) for label in ("r CCA", "To original", "To donor")}
        if not 0 < shown["r CCA"][0] <= shown["r CCA"][1] <= 1:
            raise Refused(f"motion is kept by {shown['r CCA'][0]}, with a ceiling of {shown['r CCA'][1]}")
        if story.browser("demo-investigator").get(address).text.count("<table") < 5:
            raise Refused("the investigator does not see the tables")
        for name in ("demo-rater-1", "demo-judge"):
            story.browser(name).get(address, status=403)
        said.append(", ".join(f"{label} {values[0]:g}" for label, values in shown.items()))


def withdraw(story: Story) -> None:
    """One participant withdraws: the video is gone at once, ratings count no more, the export is to be called back."""
    with story.stage("one participant withdrawn") as said:
        browser, investigator = story.browser("demo-coordinator"), story.browser("demo-investigator")
        page = browser.get(f"/recordings/{story.recordings[0]}/?watch").text
        video, participant = video_of(page), re.findall(r'href="(/participants/\d+/)"', page)[0]
        browser.get(video, status=206, Range="bytes=0-99")
        code = re.findall(r"<h1>([A-Z0-9-]+)</h1>", browser.get(participant).text)[0]
        receipt = browser.submit(f"{participant}withdraw/", {"code": code}, expect="/withdraw/", stays=True).text
        if "Receipt of the withdrawal" not in receipt or "as CSV: remove the rows of" not in receipt:
            raise Refused(f"the receipt is not complete: {text_of(receipt)}")
        browser.get(video, status=404, Range="bytes=0-99")
        table = list(csv.DictReader(io.StringIO(investigator.get(f"/results/{story.study}/ratings.csv").text)))
        left = len({row["participant"] for row in table})
        if not 0 < len(table) < story.n_answers:
            raise Refused(f"the result still holds {len(table)} of {story.n_answers} answers")
        n_files = len(re.findall(r"<td>(?:recording|rendition|encoded|shown)</td>", receipt))
        said.append(
            f"{code}: {n_files} files destroyed, {len(table)} answers of {left} participants left in the result"
        )
