"""Build a set of aligned faces to train on, from portraits and videos; no database, nothing is started."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

BAD_INPUT = 2  # exit status; 0: the set was written, 1: other failures
LIMITS = {"size": (64, 512), "made": (0, 200), "every": (1, 1000), "seed": (0, 2**32 - 1), "blinks": (0.0, 0.5)}


class Command(BaseCommand):
    help = "Make a training set. Exit status: 0 written, 2 the sources do not do, 1 other failures."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "sources", type=Path, nargs="+",
            help="folders and videos. A folder in a folder is one identity; of files side by side, a picture's is its "
            "name up to the first '_', a video's its name",
        )  # fmt: skip
        parser.add_argument("--out", type=Path, required=True, help="folder to write, new or empty")
        parser.add_argument("--size", type=int, default=224, help="pixels of the aligned crops, 64-512")
        parser.add_argument("--made", type=int, default=8, help="faces synthesised of each portrait, 0-200")
        parser.add_argument("--every", type=int, default=5, help="frames of videos to take, with all blinks")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same faces")
        parser.add_argument(
            "--blinks", type=float, default=0.08, help="share of blink frames to learn from, 0-0.5; 0 needs none"
        )
        parser.add_argument(
            "--licence", action="append", help="of the sources, as they name it; may be given more than once"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # Heavy libraries load here, not when manage.py lists its commands.
        from deid.algorithms.training.errors import TrainingError
        from deid.algorithms.trainingset.build import build
        from deid.algorithms.trainingset.collecting import Wish
        from deid.algorithms.trainingset.writing import Origin

        _check(options)
        wish = Wish(options["size"], options["made"], options["every"], options["seed"])
        origin = Origin(tuple(options["licence"] or ("not stated",)), options["blinks"])
        try:
            built = build(options["sources"], options["out"], wish, origin, self._progress)
        except TrainingError as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        self.stdout.write(
            f"{options['out']}: {built.n_faces} faces of {built.n_identities} identities, {built.n_blinks} blink "
            f"frames; {sum(built.left_out.values())} left out. Look at sheet.png and read datasheet.md in it."
        )

    def _progress(self, done: int, total: int, name: str) -> None:
        self.stderr.write(f"\r{done} of {total} {name:<40.40}", ending="\n" if done == total else "")
        self.stderr.flush()


def _check(options: dict[str, Any]) -> None:
    for name, (low, high) in LIMITS.items():
        if not low <= options[name] <= high:
            raise CommandError(f"--{name} must be from {low} to {high}, was {options[name]}.", returncode=BAD_INPUT)
