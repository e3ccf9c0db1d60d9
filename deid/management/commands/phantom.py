"""Make a phantom from the command line: a video of a synthetic patient, with the truth of its motion and pulse."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

BAD_INPUT = 2  # exit status; 0: both files were written, 1: other failures

NUMBERS = {
    "seconds": "length of the clip",
    "fps": "frames per second",
    "tremor-hz": "rate of the tremor of jaw and lower lip",
    "tremor-amplitude": "its amplitude, middle to peak, as a share of the face's height; 0 none, 0.01 slight",
    "pulse-bpm": "beats per minute",
    "hypomimia": "0 normal to 4 masked: movements are 1 - 0.225 times this as large",
    "parted-lips": "gap of the lips at rest, as a share of the face's height",
    "weakness": "-1 the subject's right lower face is still, 1 the left is",
    "sway": "of the head; 1 is a seated person, 0 none",
    "noise": "of the sensor, standard deviation in levels of 255",
}


class Command(BaseCommand):
    help = "Make a phantom. Exit status: 0 written, 2 a parameter out of range or no such identity, 1 other failures."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("output", type=Path, help="the MP4 to write")
        parser.add_argument("--truth", type=Path, required=True, help="write the truth here, as JSON")
        parser.add_argument("--identities", type=Path, help="folder of synthetic identities, else the shipped")
        parser.add_argument("--identity", help="name of an identity; one is taken by the seed if left out")
        parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same frames and truth")
        parser.add_argument("--task", default="rest", help="rest, facial_expression or speech")
        parser.add_argument("--size", type=int, help="side of the picture in pixels, even")
        for name, meaning in NUMBERS.items():
            parser.add_argument(f"--{name}", type=float, help=meaning)
        parser.add_argument("--blinks", type=float, dest="blinks_per_minute", help="blinks per minute, at drawn times")
        parser.add_argument("--blink-times", type=float, nargs="*", help="middles of the blinks in seconds instead")
        parser.add_argument("--audio", action="store_true", help="with a voice, for speech")

    def handle(self, *args: Any, **options: Any) -> None:
        # Heavy libraries load here, not when manage.py lists its commands.
        from deid.algorithms.donors import BadDonors, DonorFolder
        from deid.algorithms.phantom.animate import Phantom
        from deid.algorithms.phantom.record import SHIPPED, choose_identity, write_phantom
        from deid.algorithms.phantom.spec import BadPhantom, PhantomSpec
        from videoio.errors import MediaError

        target, truth = options["output"], options["truth"]
        _check_paths(target, truth)
        known = {field.name for field in fields(PhantomSpec)}
        wished = {name: value for name, value in options.items() if name in known and value is not None}
        try:
            spec = PhantomSpec(**wished)
            identity = choose_identity(spec, DonorFolder.open(options["identities"] or SHIPPED))
            made = write_phantom(Phantom(spec, identity), target, truth)
        except (BadPhantom, BadDonors, MediaError) as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        self.stdout.write(f"{target}: {len(made.time)} frames of {identity.name}; truth in {truth}.")


def _check_paths(target: Path, truth: Path) -> None:
    for path in (target, truth):
        if not path.parent.is_dir():
            raise CommandError(
                f"the folder {path.parent} does not exist: make it, or name another file.", returncode=BAD_INPUT
            )
        if path.is_dir():
            raise CommandError(f"{path} is a folder: name a file in it.", returncode=BAD_INPUT)
    if target.resolve() == truth.resolve():
        raise CommandError("the video and its truth are the same file: name two.", returncode=BAD_INPUT)
