"""Machines beside people: six-face trials made of portraits, answered by every recogniser at hand."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deid.algorithms.errors import UnknownMethod
from deid.algorithms.registry import ORIGINAL, deidentification_methods, get_method
from deid.weights import model_store

BAD_INPUT = 2


class Command(BaseCommand):
    help = (
        "Show six-face trials to recognisers: the second portrait of each person under every method, his first one, "
        "the donor and people who are like him. Exit status: 0 written, 2 bad input."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--first", type=Path, required=True, help="a folder of portraits NUMBER_*.jpg: the originals"
        )
        parser.add_argument("--second", type=Path, required=True, help="the same people: what is de-identified")
        parser.add_argument("--info", type=Path, help="CSV with face_id, face_age, face_gender: controls are matched")
        names = ",".join([*(method.name for method in deidentification_methods()), ORIGINAL])
        parser.add_argument("--methods", default=names, help=f"with commas between; default: {names}")
        parser.add_argument("--people", type=int, default=1000, help="take so many at most")
        parser.add_argument("--catch", type=int, default=10, help="catch trials of either kind")
        parser.add_argument("--out", type=Path, required=True, help="folder for renditions, pictures and the table")

    def handle(self, *args: Any, **options: Any) -> None:
        # Heavy libraries load here, not when manage.py lists its commands.
        from analysis import sixface_bench as bench
        from analysis.algorithms.sixface.machines import machines
        from faces import arcface
        from modelstore.errors import BadWeights
        from ratings.algorithms.ordering import Infeasible
        from ratings.algorithms.sixface.controls import Matching
        from videoio.errors import MediaError

        methods, out = _methods(options["methods"]), options["out"]
        for name in ("first", "second"):
            if not options[name].is_dir():
                raise CommandError(f"there is no folder {options[name]}.", returncode=BAD_INPUT)
        out.mkdir(parents=True, exist_ok=True)
        matching = Matching.RANDOM if options["info"] is None else Matching.MATCHED
        try:
            judges = machines(arcface.in_store(model_store()))
            people = bench.subjects(
                options["first"], options["second"], options["info"], options["people"], self.stderr.write
            )
            lines: list[dict[str, Any]] = []
            for method in methods:
                found = bench.run(method, people, judges, out / "videos", catch=options["catch"], matching=matching)
                bench.sheet(found.trials, out / f"{method}.png")
                rows = bench.lines(method, found)
                self._print(rows, header=not lines)
                lines += rows
                (out / "table.json").write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
                self.stderr.write(f"{method}: {len(found.trials)} trials; left out: {dict(found.left_out) or 'none'}")
        except (MediaError, BadWeights, Infeasible, ValueError) as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error

    def _print(self, rows: list[dict[str, Any]], *, header: bool) -> None:
        """The rows of one method as soon as they are there: the next may take an hour."""
        names = [list(rows[0])] if header and rows else []
        for line in [*names, *(list(row.values()) for row in rows)]:
            self.stdout.write("\t".join(str(value) for value in line))
        self.stdout.flush()


def _methods(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    try:
        for name in names:
            get_method(name)
    except UnknownMethod as error:
        raise CommandError(str(error), returncode=BAD_INPUT) from error
    if not names:
        raise CommandError("--methods names none: give at least one.", returncode=BAD_INPUT)
    return names
