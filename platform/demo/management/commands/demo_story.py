"""`manage.py demo_story --url URL`: the main job through a running site and its worker (see `make demo`)."""

import csv
import sys
from argparse import ArgumentParser
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cohorts.manifest import COLUMNS
from demo import dashboards, experiment, training
from demo import story as stages
from demo.agreement import read_agreement
from demo.client import Refused
from demo.people import PEOPLE, ensure_people
from demo.story import OWN_CLIP, Story
from ratings.models import Study
from ratings.services import close_study

TITLE = "Demo"


class Command(BaseCommand):
    help = "Do the main job once through a running site: import, de-identify, review, rate, read the result."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", required=True, help="address of the running site")
        parser.add_argument("--ca", default="", help="file of the certificate that the site is trusted by")
        parser.add_argument("--video", type=Path, help="a clip of your own, taken in beside the demo cohort")
        parser.add_argument("--method", default="motionmesh")
        parser.add_argument("--participants", nargs="*", help="codes of the phantom cohort; all by default")
        parser.add_argument("--quiet", action="store_true", help="print no sign-ins")
        parser.add_argument("--withdraw", action="store_true", help="withdraw one participant at the end")
        parser.add_argument("--once", action="store_true", help="do nothing when it was done before")

    def handle(self, *args: Any, **options: Any) -> None:
        url = options["url"].rstrip("/")
        passwords = ensure_people(settings.VAR)
        done = Study.objects.filter(name__startswith=TITLE, state=Study.State.CLOSED).first()
        if done is not None and options["once"]:
            self._say(f"The demo was done before; its result: {url}/results/{done.pk}/")
        else:
            title = f"{TITLE} {timezone.localtime():%Y-%m-%d %H:%M:%S}"
            story = Story(url=url, passwords=passwords, say=self._say, title=title, method=options["method"])
            story.ca = options["ca"]
            try:
                self._tell(story, options)
            except Refused as error:
                raise CommandError(f"the demo stopped at “{error}”", returncode=1) from error
            self._say(f"\nEvery stage happened. The result: {url}/results/{story.study}/")
        if options["quiet"]:
            return
        self._say(f"\nSign in at {url}")
        for name, role, _shown in PEOPLE:
            self._say(f"  {role.label:<14} {name:<20} {passwords[name]}")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _tell(self, story: Story, options: dict[str, Any]) -> None:
        self._say(f"The main job through {story.url}:")
        for left in Study.objects.filter(
            name__startswith=TITLE, state=Study.State.OPEN
        ):  # of a demo that was broken off
            close_study(study=left, actor=None)
        with story.stage("recordings taken in") as said:
            stages.make_cohort(story)
            by_manifest, by_page = self._bring(story, options)
            stages.list_recordings(story)
            if len(story.recordings) != by_manifest + by_page:
                raise Refused(f"{len(story.recordings)} recordings are shown, {by_manifest + by_page} were taken in")
            said.append(f"{by_manifest} by manifest, {by_page} by the upload page")
        stages.record_consent(story)
        stages.deidentify(story)
        stages.release(story)
        stages.open_study(story)
        self._scan(story)
        stages.rate(story)
        stages.read_result(story)
        read_agreement(story)
        stages.read_fidelity(story)
        dashboards.read_dashboards(story)
        experiment.experiment(self._people_of_experiment(story))
        training.make_set(settings.TRAINING_FOLDER)
        training.train(story)
        if options["withdraw"]:
            stages.withdraw(story)

    def _people_of_experiment(self, story: Story) -> Story:
        """A cohort of its own, of short clips at rest by a quick method: it needs more people than the check takes."""
        folder, title = settings.VAR / "demo-faces", f"{story.title} faces"
        rows = experiment.write_people(folder)
        lines = [",".join(COLUMNS), *(",".join(row) for row in rows)]
        (folder / "import.csv").write_text("\n".join(lines) + "\n")
        people = replace(story, title=title, method="pixelate", recordings=[], renditions={})
        stages.make_cohort(people)
        call_command("import_recordings", str(folder), str(folder / "import.csv"), cohort=title, stdout=sys.stderr)
        experiment.prepare(people)
        return people

    def _scan(self, story: Story) -> None:
        """The statistician's command on the files that raters will get."""
        with story.stage("files of both arms scanned") as said:
            out = StringIO()
            try:
                call_command("scan_study", str(story.study), stdout=out)
            except CommandError as error:
                raise Refused(f"{error}\n{out.getvalue()}") from error
            _, n_pairs, equal, *_ = out.getvalue().splitlines()
            said.append(f"{n_pairs} {equal}")

    def _bring(self, story: Story, options: dict[str, Any]) -> tuple[int, int]:
        """The phantom cohort by manifest, but its last clip by the page, with the user's clip if there is one."""
        from deid.algorithms.phantom.cohort import write_cohort

        folder = settings.VAR / "demo-clips"
        self._say("making the phantom patients (once) ..." if not folder.exists() else "the phantom patients are there")
        manifest = write_cohort(folder, participants=options["participants"])
        *most, last = list(csv.DictReader(manifest.open(newline="")))
        shorter = folder / "import.csv"
        lines = [",".join(row[name] for name in COLUMNS) for row in most]
        shorter.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
        call_command("import_recordings", str(folder), str(shorter), cohort=story.title, stdout=sys.stderr)
        uploads = [(folder / last["file"], last["participant"], last["task"])]
        if options["video"] is not None:
            uploads.append((options["video"], OWN_CLIP, "facial_expression"))
        stages.upload(story, uploads)
        return len(most), len(uploads)
