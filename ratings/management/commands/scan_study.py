"""What tells the arms of a study apart beside the face: trait by trait, with what it means."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ratings.models import Study

TOLD, BAD_INPUT = 1, 2  # exit status; 0: nothing but what the method paints tells the arms apart


class Command(BaseCommand):
    help = (
        "Scan the files that a study shows. Exit status: 0 no file tells its arm and nothing differs beside the face, "
        "1 something does, 2 no such study or nothing to scan. What the method paints is reported, whatever it tells."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", help="its number or its name")
        parser.add_argument("--json", type=Path, help="write all numbers here")

    def handle(self, *args: Any, **options: Any) -> None:
        # Heavy libraries load here, not when manage.py lists its commands.
        from ratings.algorithms.traits_scan import in_words
        from ratings.equal_arms_scan import scan_study
        from videoio.errors import MediaError

        target = options["json"]
        if target is not None and not target.parent.is_dir():
            raise CommandError(f"the folder {target.parent} does not exist: make it.", returncode=BAD_INPUT)
        try:
            scans = scan_study(study=_study(options["study"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=BAD_INPUT) from error
        except MediaError as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        for method, found in scans.items():
            self.stdout.write("\n".join([f"Original and {method}:", *in_words(found)]))
        if target is not None:
            told = {method: asdict(found) | {"passes": found.passes} for method, found in scans.items()}
            target.write_text(json.dumps(told, indent=1))
        if not all(found.passes for found in scans.values()):
            raise CommandError("Something tells the arms apart: see above.", returncode=TOLD)


def _study(named: str) -> Study:
    """By number, else by name."""
    found = Study.objects.filter(pk=int(named)) if named.isdecimal() else Study.objects.filter(name=named)
    study = found.first()
    if study is None:
        raise CommandError(f"there is no study {named!r}: give its number or its name.", returncode=BAD_INPUT)
    return study
