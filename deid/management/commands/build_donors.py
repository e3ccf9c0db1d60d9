"""Build a folder of donors, faces of nobody, from portraits; no database, nothing is started."""

import argparse
import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

MOST = 200


class Command(BaseCommand):
    help = "Make synthetic identities from a folder of frontal, neutral portraits. Needs a few seconds for each."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("portraits", type=Path, help="folder of portraits, named <face_id>_*.jpg")
        parser.add_argument("--out", type=Path, required=True, help="folder to write")
        parser.add_argument("--count", type=_count, required=True, help=f"how many, 1-{MOST}")
        parser.add_argument("--seed", type=_seed, required=True, help="the same seed gives the same donors")
        parser.add_argument("--avoid", type=Path, help="a folder of donors to stay away from")
        parser.add_argument("--info", type=Path, help="CSV with face_id, face_age, face_gender, face_eth")
        parser.add_argument("--kind", default="donor", choices=("donor", "phantom"), help="what the names start with")
        parser.add_argument("--tries", type=_tries, default=12, help="draws for one age of a group")
        parser.add_argument("--balanced", action="store_true", help="as many of each sex")
        parser.add_argument("--spread", type=_spread, default=1.0, help="variety of faces, 0.5-1.5; 1 is people's own")
        parser.add_argument(
            "--only", type=_draw, nargs="+", metavar="DRAW",
            help="draws (`draw` in donors.json) to choose from: those that were looked at and found natural",
        )  # fmt: skip
        parser.add_argument("--force", action="store_true", help="replace the donors in --out")

    def handle(self, *args: Any, **options: Any) -> None:
        # Heavy libraries load here, not when manage.py lists its commands.
        from deid.algorithms.donors import BadDonors
        from deid.algorithms.facemodel.choose import Unreachable
        from deid.algorithms.facemodel.folder import NotEmpty
        from deid.algorithms.facemodel.model import TooFewFaces

        try:
            self._build(options)
        except (BadDonors, NotEmpty, TooFewFaces, Unreachable) as error:
            raise CommandError(str(error), returncode=2) from error

    def _build(self, options: dict[str, Any]) -> None:
        import numpy as np

        from deid.algorithms.donors import DonorFolder
        from deid.algorithms.facemodel import ageing, choose, collect, folder, model, sample

        portraits, out = options["portraits"], options["out"]
        collect.portrait_files(portraits)
        folder.check_free(out, force=options["force"])
        avoid = DonorFolder.open(options["avoid"]).descriptor if options["avoid"] else np.zeros((0, 128))
        info = collect.read_info(options["info"] or _list_beside(portraits))
        self.stderr.write("reading the portraits")
        found = collect.collect(portraits, info)
        self.stderr.write(f"{len(found.people)} usable, {len(found.refused)} not; building the model")
        built = model.build(found.people)
        sampler = sample.sampler(built, ageing.learn(built))
        made = folder.Provenance(
            options["kind"], options["seed"], len(found.people), found.refused,
            choose.stranger_bound(found.descriptors), len(avoid), options["spread"], len(options["only"] or ()),
        )  # fmt: skip
        wish = choose.Wish(
            options["count"], options["seed"], options["tries"], options["spread"], options["balanced"],
            frozenset(options["only"]) if options["only"] else None,
        )  # fmt: skip
        chosen = choose.choose(sampler, found.descriptors, avoid, bound=made.bound, wish=wish, progress=self._progress)
        folder.write(out, chosen, built, made)
        shown = choose.summary(chosen)
        self.stdout.write(
            f"{out}: {len(chosen)} {made.kind}s; least distance {shown['pairwise_min']} between them, "
            f"{shown['nearest_contributor_min']} to a contributor (bound {made.bound:.4f})."
        )

    def _progress(self, done: int, wanted: int) -> None:
        self.stderr.write(f"\r{done} of {wanted}", ending="\n" if done == wanted else "")
        self.stderr.flush()


def _list_beside(portraits: Path) -> Path:
    """The CSV file beside or in the folder of portraits."""
    lists = [*sorted(portraits.glob("*info*.csv")), *sorted(portraits.resolve().parent.glob("*info*.csv"))]
    if not lists:
        raise CommandError(
            f"no list *info*.csv lies in or beside {portraits}: name it with --info (face_id, face_age, face_gender, "
            "face_eth).",
            returncode=2,
        )
    return lists[0]


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"the count must be a whole number from 1 to {MOST}, was {text!r}")
    return int(text)


def _tries(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"the tries must be a whole number from 1 to 10000, was {text!r}")
    return int(text)


def _draw(text: str) -> str:
    if not re.fullmatch(r"\d+\.\d+\.\d+", text):
        raise argparse.ArgumentTypeError(f"a draw is three numbers with points between, as 0.3.12, was {text!r}")
    return text


def _spread(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.5 <= value <= 1.5:
        raise argparse.ArgumentTypeError(f"the spread must be a number from 0.5 to 1.5, was {text!r}")
    return value


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"the seed must be a whole number from 0 to {2**32 - 1}, was {text!r}")
    return int(text)
