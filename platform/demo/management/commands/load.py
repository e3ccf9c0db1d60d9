"""`manage.py load --url URL`: many raters at once on this machine, in an empty database (see `make load`)."""

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError

from cohorts.models import Cohort
from demo import load
from demo.load_study import make_study

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_RATERS, MOST_SECONDS = 300, 3600
PAGES_AHEAD = 2  # presentations beyond what the time allows for, so that none runs out


class Command(BaseCommand):
    help = "Let many raters play clips and save answers at once, on this machine only, and count what was kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", required=True, help="address of the running site, on this machine")
        parser.add_argument("--raters", type=int, default=100)
        parser.add_argument("--seconds", type=float, default=300)
        parser.add_argument("--every", type=float, default=10, help="seconds between a rater's answers")
        parser.add_argument("--mbits", type=float, default=1.0, help="of a rater's line and clip, Mbit/s")
        parser.add_argument("--clip", type=float, default=15, help="seconds that a clip plays")
        parser.add_argument("--p95", type=float, default=300, help="milliseconds that a save may take")

    def handle(self, *args: Any, **options: Any) -> None:
        self._refuse(options)
        rate = options["mbits"] * 1e6 / 8
        planned = load.Load(options["raters"], options["seconds"], options["every"], rate)
        shown = options["seconds"] / options["every"] / 2 + PAGES_AHEAD  # two items to a clip
        self.stdout.write(f"making a study of {planned.raters} raters ...")
        study, passwords = make_study(
            n_raters=planned.raters, n_recordings=round(shown / 2 + 0.5), clip_bytes=round(rate * options["clip"])
        )
        self.stdout.write(f"{planned.raters} raters sign in and rate for {planned.seconds:g} s ...")
        report = load.run(planned, study, options["url"], passwords)
        self.stdout.write("\n".join([*report.lines(), *report.errors[:10]]))
        slow = not report.saves or load.np.percentile(report.saves, 95) * 1000 > options["p95"]
        if report.n_lost or report.n_doubled or report.errors or slow:
            raise CommandError(f"answers were lost, or saving takes longer than {options['p95']:g} ms", returncode=1)

    def _refuse(self, options: dict[str, Any]) -> None:
        if urlsplit(options["url"]).hostname not in LOOPBACK:
            raise CommandError(f"load is for a site on this machine, not {options['url']}")
        if Cohort.objects.exists():
            raise CommandError("this database is in use: load makes its own study in an empty one, see `make load`")
        for name, most in (("raters", MOST_RATERS), ("seconds", MOST_SECONDS)):
            if not 1 <= options[name] <= most:
                raise CommandError(f"{name} must be 1 to {most}, was {options[name]:g}")
