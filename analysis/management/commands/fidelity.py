"""How faithful and how private a rendition is: every metric of it against its original."""

import json
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deid.weights import model_store

BAD_INPUT = 2  # exit status; 0: the report was written, with a reason in place of what cannot be computed
AT_MOST = 200  # portraits of strangers


class Command(BaseCommand):
    help = (
        "Measure a rendition against its original. Exit status: 0 written, 2 bad input, 1 other failures. A reason "
        "stands in place of each number that cannot be computed."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("original", type=Path, help="the recording")
        parser.add_argument("rendition", type=Path, help="what was made of it")
        parser.add_argument("--json", type=Path, required=True, help="write the report here")
        parser.add_argument("--plots", type=Path, help="write index.html with figures into this folder")
        parser.add_argument("--strangers", type=Path, help="a folder of portraits of other people, the gallery")
        parser.add_argument("--others", type=Path, nargs="*", default=[], help="videos of other people, a null")
        parser.add_argument("--donor", help="name of the shipped donor that the rendition wears")
        parser.add_argument("--certificate", type=Path, help="of the rendition: names the donor and the frames' states")
        parser.add_argument("--tracks", type=Path, help="keep measurements here (biometric data) and use kept ones")
        parser.add_argument("--no-ceiling", action="store_true", help="do not re-encode the original for comparison")

    def handle(self, *args: Any, **options: Any) -> None:
        # Heavy libraries load here, not when manage.py lists its commands.
        from analysis.algorithms.fidelity.errors import Unavailable
        from analysis.algorithms.fidelity.report import report
        from deid.algorithms.errors import EngineError
        from videoio.errors import MediaError

        _check(options)
        with tempfile.TemporaryDirectory() as work:
            try:
                pair = self._pair(options, Path(work))
            except (MediaError, Unavailable, EngineError, ValueError) as error:
                raise CommandError(str(error), returncode=BAD_INPUT) from error
            found = report(pair)
            names = {"original": options["original"].name, "rendition": options["rendition"].name}
            options["json"].write_text(
                json.dumps({**names, **found}, indent=1, allow_nan=False) + "\n", encoding="utf-8"
            )
            if options["plots"] is not None:
                self._draw(options["plots"], f"{names['rendition']} against {names['original']}", pair, found)
        self.stdout.write(f"{options['json']}: {len(found['metrics'])} metrics.")

    def _pair(self, options: dict[str, Any], work: Path) -> Any:
        from analysis.algorithms.fidelity.library import Library
        from analysis.algorithms.fidelity.report import Pair
        from analysis.fidelity_runs import donor_descriptor, frame_states, masked_places, reencode
        from faces import arcface

        library = Library(options["tracks"], self._tell, arcface.in_store(model_store()))
        certificate = json.loads(options["certificate"].read_text()) if options["certificate"] else {}
        donor = options["donor"] or (certificate.get("method_report") or {}).get("donor")
        reencoded = None if options["no_ceiling"] else reencode(options["original"], work / "reencoded.mp4")
        return Pair(
            original=library.tracks(options["original"]),
            rendition=library.tracks(options["rendition"]),
            reencoded=None if reencoded is None else library.tracks(reencoded),
            original_path=options["original"],
            rendition_path=options["rendition"],
            reencoded_path=reencoded,
            strangers=library.portraits(options["strangers"], AT_MOST) if options["strangers"] else {},
            others=tuple(library.tracks(path) for path in options["others"]),
            donor=donor_descriptor(donor) if donor else None,
            states=frame_states(certificate) if certificate else (),
            masks=masked_places(certificate) if certificate else None,
        )

    def _draw(self, folder: Path, title: str, pair: Any, found: dict[str, Any]) -> None:
        from analysis.fidelity_pages import pair_drawings, write_page
        from analysis.fidelity_table import as_ceiling, table
        from analysis.fidelity_texts import missing, tables

        folder.mkdir(parents=True, exist_ok=True)
        cells = table({"rendition": [found], "original re-encoded (ceiling)": [as_ceiling(found)]})
        notes = [found["recogniser"]["judges"]]
        write_page(folder, title, tables(cells, 1), pair_drawings(pair), notes, missing(cells))

    def _tell(self, text: str) -> None:
        self.stderr.write(text)


def _check(options: dict[str, Any]) -> None:
    files = [options["original"], options["rendition"], *options["others"]]
    files += [options["certificate"]] if options["certificate"] else []
    for path in files:
        if not path.is_file():
            raise CommandError(f"there is no file {path}: check the name and the folder.", returncode=BAD_INPUT)
    if options["strangers"] and not options["strangers"].is_dir():
        raise CommandError(f"there is no folder {options['strangers']}: name one of portraits.", returncode=BAD_INPUT)
    if not options["json"].parent.is_dir():
        raise CommandError(f"the folder {options['json'].parent} does not exist: make it.", returncode=BAD_INPUT)
