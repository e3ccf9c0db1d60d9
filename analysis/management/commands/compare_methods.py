"""Methods side by side on the same clips: a table with methods as rows, and figures."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deid.algorithms.errors import UnknownMethod
from deid.algorithms.registry import deidentification_methods, get_method
from frontend.csv_lines import safe_cell

BAD_INPUT = 2
VIDEOS = (".mp4", ".mov", ".mkv", ".mpg", ".avi", ".webm")
CEILING = "original re-encoded (ceiling)"
AT_MOST = 200  # portraits of strangers


class Command(BaseCommand):
    help = "Render every clip of a folder with every method and measure all. Exit status: 0 written, 2 bad input."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clips", type=Path, required=True, help="a folder of videos, one person each")
        names = ",".join(method.name for method in deidentification_methods())
        parser.add_argument("--methods", default=names, help=f"with commas between; default: {names}")
        parser.add_argument("--out", type=Path, required=True, help="folder for renditions, measurements and the table")
        parser.add_argument("--strangers", type=Path, help="a folder of portraits of other people, the gallery")

    def handle(self, *args: Any, **options: Any) -> None:
        # Heavy libraries load here, not when manage.py lists its commands.
        from analysis.algorithms.fidelity.errors import Unavailable
        from videoio.errors import MediaError

        clips, methods = _clips(options["clips"]), _methods(options["methods"])
        if options["strangers"] is not None and not options["strangers"].is_dir():
            raise CommandError(f"there is no folder {options['strangers']}.", returncode=BAD_INPUT)
        out: Path = options["out"]
        out.mkdir(parents=True, exist_ok=True)
        try:
            reports = self._measure(clips, methods, out, options["strangers"])
        except (MediaError, Unavailable) as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        self._write(out, clips, reports)
        self.stdout.write(f"{out / 'index.html'}: {len(methods)} methods on {len(clips)} clips.")

    def _measure(
        self, clips: list[Path], methods: list[str], out: Path, strangers: Path | None
    ) -> dict[str, dict[str, Any]]:
        """Reports by clip and method."""
        from analysis.algorithms.fidelity.library import Library
        from analysis.fidelity_runs import compare

        library = Library(out / "tracks", self.stderr.write)
        gallery = library.portraits(strangers, AT_MOST) if strangers is not None else {}
        originals = {clip: library.tracks(clip) for clip in clips}
        reports = {}
        for clip in clips:
            others = tuple(tracks for other, tracks in originals.items() if other != clip)
            reports[clip.name] = compare(clip, methods, out / "renditions" / clip.name, library, others, gallery)
            (out / f"{clip.name}.json").write_text(json.dumps(reports[clip.name], allow_nan=False) + "\n")
        return reports

    def _write(self, out: Path, clips: list[Path], reports: Mapping[str, Mapping[str, Any]]) -> None:
        from analysis.fidelity_pages import missing, plain_cells, table_rows, tables, write_page
        from analysis.fidelity_table import published_means, table
        from analysis.method_figures import drawings

        rows = _rows(reports)
        cells = table(rows)
        heads, lines = table_rows(cells, len(clips))
        means = {name: published_means(of_clips) for name, of_clips in rows.items()}
        kept = {"rows": plain_cells(cells), "as FMP averages": means}
        (out / "table.json").write_text(json.dumps(kept, indent=1, allow_nan=False) + "\n")
        with (out / "table.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(_numbers(cells, heads))
        averaged = (
            f"{name} {', '.join(f'{key} {value:.3f}' for key, value in three.items())}"
            for name, three in means.items()
            if three
        )
        notes = [
            f"As FMP averages, over videos and then over all pairs: {'; '.join(averaged)}.",
            f"Means over {len(clips)} clips: {', '.join(clip.name for clip in clips)}.",
            next(iter(next(iter(reports.values())).values())).get("recogniser", {}).get("judges", ""),
        ]
        shown = tables(cells, len(clips))
        write_page(out, "Methods compared", shown, drawings(rows), notes, missing(cells))
        for line in [heads, *lines]:
            self.stdout.write("\t".join(line))


def _numbers(cells: Mapping[str, Mapping[str, Any]], heads: list[str]) -> list[list[Any]]:
    """Lines of the CSV: means as numbers, and beside each how many clips it comes from."""
    lines: list[list[Any]] = [[heads[0], *(text for head in heads[1:] for text in (head, "n"))]]
    for name, row in cells.items():
        pairs = ((None if one.mean is None else round(one.mean, 6), one.n) for one in row.values())
        lines.append([safe_cell(name), *(value for pair in pairs for value in pair)])
    return lines


def _rows(reports: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Reports of all clips by row of the table: the ceiling first, then methods."""
    from analysis.fidelity_table import as_ceiling

    methods = list(next(iter(reports.values())))
    measured = [next((one for one in clip.values() if "ceiling" in one), None) for clip in reports.values()]
    rows: dict[str, list[Mapping[str, Any]]] = {CEILING: [as_ceiling(one) for one in measured if one is not None]}
    return rows | {method: [clip[method] for clip in reports.values()] for method in methods}


def _clips(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in VIDEOS) if folder.is_dir() else []
    if not found:
        raise CommandError(f"there are no videos in {folder}: name a folder with some.", returncode=BAD_INPUT)
    return found


def _methods(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    try:
        for name in names:
            if not get_method(name).protects:
                raise CommandError(
                    f"{name!r} does not de-identify and is in the table anyway, as the ceiling: leave it out.",
                    returncode=BAD_INPUT,
                )
    except UnknownMethod as error:
        raise CommandError(str(error), returncode=BAD_INPUT) from error
    if not names:
        raise CommandError("--methods names none: give at least one.", returncode=BAD_INPUT)
    return names
