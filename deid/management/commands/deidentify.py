"""De-identify one video file from the command line; no database, nothing is started."""

import argparse
import json
import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deid.algorithms.errors import BadParameters, EngineError, UnknownMethod, Withheld
from deid.algorithms.registry import Method, deidentification_methods, get_method
from deid.weights import model_store

BAD_INPUT, WITHHELD = 2, 3  # exit statuses; 0: the output was written, 1: the engine failed


class Command(BaseCommand):
    help = (
        "De-identify a video. Exit status: 0 written, 2 bad input or arguments, 3 withheld (no file), 1 other failures."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("input", type=Path, help="the recording")
        parser.add_argument("output", type=Path, help="the MP4 to write")
        names = ", ".join(method.name for method in deidentification_methods())
        parser.add_argument("--method", required=True, help=f"one of: {names}")
        parser.add_argument("--donor", type=_donor, help="source face, for methods that use one")
        parser.add_argument("--sex", choices=("f", "m"), help="of the person, to choose a donor")
        parser.add_argument("--age", type=_age, help="of the person in years, to choose a donor")
        parser.add_argument("--audio", choices=("keep", "drop"), default="keep", help="what happens to the sound")
        parser.add_argument("--report", type=Path, help="write the certificate here, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        # Heavy libraries load here, not when manage.py lists its commands.
        from deid.algorithms.engine import deidentify
        from modelstore.errors import BadWeights
        from videoio.errors import MediaError

        method = self._method(options)
        source, target, report = options["input"], options["output"], options["report"]
        _check_paths(source, target, report)
        parameters = _donor_parameters(method, options)
        try:
            certificate = deidentify(
                source, target, method=method.name, parameters=parameters, audio=options["audio"],
                progress=self._progress, weights=model_store(),
            )  # fmt: skip
        except Withheld as error:
            raise CommandError(f"withheld: {error}", returncode=WITHHELD) from error
        except (MediaError, BadParameters, BadWeights) as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        except EngineError as error:
            raise CommandError(str(error), returncode=1) from error
        if report is not None:
            report.write_text(json.dumps(certificate.to_dict(), indent=2) + "\n", encoding="utf-8")
        shown = ", ".join(f"{number} {state}" for state, number in certificate.counts.items() if number)
        self.stdout.write(f"{target}: {certificate.n_frames} frames, {shown}.")

    def _method(self, options: dict[str, Any]) -> Method:
        try:
            method = get_method(options["method"])
        except UnknownMethod as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        if not method.protects:
            names = ", ".join(each.name for each in deidentification_methods())
            raise CommandError(
                f"the method {method.name!r} does not de-identify: use one of: {names}.", returncode=BAD_INPUT
            )
        unused = [f"--{name}" for name in ("donor", "sex", "age") if options[name] is not None]
        if unused and not method.uses_donor:
            self.stderr.write(f"note: {method.name} uses no donor; {', '.join(unused)} changes nothing.")
        return method

    def _progress(self, fraction: float, stage: str) -> None:
        ending = "\n" if fraction >= 1 else ""
        self.stderr.write(f"\r{fraction:4.0%} {stage:<24}", ending=ending)
        self.stderr.flush()


def _donor_parameters(method: Method, options: dict[str, Any]) -> dict[str, Any]:
    """What was said about donor and person; the donor's name is checked before the recording is looked at."""
    if not method.uses_donor:
        return {}
    from deid.algorithms.donors import BadDonors, DonorFolder

    try:
        names = DonorFolder.open().names
    except BadDonors as error:
        raise CommandError(str(error), returncode=1) from error
    if options["donor"] is not None and options["donor"] not in names:
        raise CommandError(
            f"there is no donor {options['donor']!r}; use one of: {', '.join(names)}.", returncode=BAD_INPUT
        )
    return {name: options[name] for name in ("donor", "sex", "age") if options[name] is not None}


def _check_paths(source: Path, target: Path, report: Path | None) -> None:
    if not source.is_file():
        raise CommandError(f"there is no file {source}: check the name and the folder.", returncode=BAD_INPUT)
    for path in (target, report):
        if path is not None and not path.parent.is_dir():
            raise CommandError(
                f"the folder {path.parent} does not exist: make it, or name another file.", returncode=BAD_INPUT
            )
        if path is not None and path.is_dir():
            raise CommandError(f"{path} is a folder: name a file in it.", returncode=BAD_INPUT)
        if path is not None and path.exists() and path.samefile(source):
            raise CommandError(f"{path} is the recording itself: name another file.", returncode=BAD_INPUT)
    if report is not None and report.resolve() == target.resolve():
        raise CommandError("the report and the output are the same file: name two.", returncode=BAD_INPUT)


def _donor(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", value):
        raise argparse.ArgumentTypeError(f"a donor's name has letters, digits, - and _ only, was {value!r}")
    return value


def _age(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= 120:
        raise argparse.ArgumentTypeError(f"an age is a whole number of years from 1 to 120, was {value!r}")
    return int(value)
