"""Methods side by side on the same clips: a table with methods as rows, and figures."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.method_rows import RANKS, RULE, MethodRow, method_row, ranks
from deid.algorithms.errors import BadParameters, UnknownMethod
from deid.algorithms.registry import get_method
from deid.weights import model_store, runnable_methods
from frontend.csv_lines import safe_cell
from modelstore.errors import BadWeights

BAD_INPUT = 2
VIDEOS = (".mp4", ".mov", ".mkv", ".mpg", ".avi", ".webm")
CEILING = "original re-encoded (ceiling)"
AT_MOST = 200  # portraits of strangers
PHANTOMS, MOST_PHANTOMS, PHANTOM_SECONDS = "phantoms", 8, 10.0  # folder in --out; a heart rate needs 10 s
TRAINED = (*RANKS, "Pictures seen", "Steps", "Why it has no rank")


class Command(BaseCommand):
    help = "Render every clip of a folder with every method and measure all. Exit status: 0 written, 2 bad input."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clips", type=Path, required=True, help="a folder of videos, one person each")
        names = ",".join(method.name for method in runnable_methods())
        parser.add_argument(
            "--methods", default=names,
            help=f"with commas between; METHOD=NAME takes other weights of the model store; default: {names}",
        )  # fmt: skip
        parser.add_argument(
            "--phantoms", type=int, default=0, help="of the demo cohort, made and measured beside the clips, at most 8"
        )
        parser.add_argument("--out", type=Path, required=True, help="folder for renditions, measurements and the table")
        parser.add_argument("--strangers", type=Path, help="a folder of portraits of other people, the gallery")

    def handle(self, *args: Any, **options: Any) -> None:
        # Heavy libraries load here, not when manage.py lists its commands.
        from analysis.algorithms.fidelity.errors import Unavailable
        from videoio.errors import MediaError

        clips, methods = _clips(options["clips"]), _methods(options["methods"])
        _check_phantoms(options["phantoms"])
        if options["strangers"] is not None and not options["strangers"].is_dir():
            raise CommandError(f"there is no folder {options['strangers']}.", returncode=BAD_INPUT)
        out: Path = options["out"]
        out.mkdir(parents=True, exist_ok=True)
        try:
            for folder, of_kind in {out: clips, **_phantoms(out / PHANTOMS, options["phantoms"])}.items():
                reports = self._measure(of_kind, methods, folder, options["strangers"])
                self._write(folder, of_kind, methods, reports)
                self.stdout.write(f"{folder / 'index.html'}: {len(methods)} methods on {len(of_kind)} clips.")
        except (MediaError, Unavailable, BadWeights) as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error

    def _measure(
        self, clips: list[Path], methods: list[MethodRow], out: Path, strangers: Path | None
    ) -> dict[str, dict[str, Any]]:
        """Reports by clip and row."""
        from analysis.algorithms.fidelity.library import Library
        from analysis.fidelity_runs import compare
        from faces import arcface
        from videoio.probe import probe

        for clip in clips:
            probe(clip)  # one that no method takes is told before an hour of renditions of the others
        library = Library(out / "tracks", self.stderr.write, arcface.in_store(model_store()))
        gallery = library.portraits(strangers, AT_MOST) if strangers is not None else {}
        originals = {clip: library.tracks(clip) for clip in clips}
        reports = {}
        for clip in clips:
            others = tuple(tracks for other, tracks in originals.items() if other != clip)
            reports[clip.name] = compare(clip, methods, out / "renditions" / clip.name, library, others, gallery)
            (out / f"{clip.name}.json").write_text(json.dumps(reports[clip.name], allow_nan=False) + "\n")
        return reports

    def _write(
        self, out: Path, clips: list[Path], methods: list[MethodRow], reports: Mapping[str, Mapping[str, Any]]
    ) -> None:
        from analysis.fidelity_pages import write_page
        from analysis.fidelity_table import published_means, table
        from analysis.fidelity_texts import Table, missing, plain_cells, table_rows, tables
        from analysis.method_figures import drawings

        rows = _rows(reports)
        cells = table(rows)
        heads, lines = table_rows(cells, len(clips))
        means = {name: published_means(of_clips) for name, of_clips in rows.items()}
        trained = _trained(methods, ranks(cells, methods))
        kept = {"rows": plain_cells(cells), "as FMP averages": means, "trained": trained, "rule": RULE}
        (out / "table.json").write_text(json.dumps(kept, indent=1, allow_nan=False) + "\n")
        with (out / "table.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(_numbers(cells, heads, trained))
        averaged = (
            f"{name} {', '.join(f'{key} {value:.3f}' for key, value in three.items())}"
            for name, three in means.items()
            if three
        )
        notes = [
            f"As FMP averages, over videos and then over all pairs: {'; '.join(averaged)}.",
            f"Means over {len(clips)} clips: {', '.join(clip.name for clip in clips)}.",
            *_judges(rows),
            RULE,
        ]
        lengths = Table("Training and rank", ["Method", *TRAINED], [[name, *row] for name, row in trained.items()])
        shown = [lengths, *tables(cells, len(clips))]
        write_page(out, "Methods compared", shown, drawings(rows), notes, missing(cells))
        blank = ["–"] * len(TRAINED)
        for line in [[heads[0], *TRAINED, *heads[1:]], *([x[0], *trained.get(x[0], blank), *x[1:]] for x in lines)]:
            self.stdout.write("\t".join(line))


def _judges(rows: Mapping[str, list[Mapping[str, Any]]]) -> list[str]:
    """Which recogniser may judge which methods: they differ in whether one chose a donor for them."""
    told: dict[str, list[str]] = {}
    for name, of_clips in rows.items():
        for sentence in {one["recogniser"]["judges"] for one in of_clips if "recogniser" in one}:
            told.setdefault(sentence, []).append(name)
    return [f"{', '.join(names)}: {sentence}" for sentence, names in told.items()]


def _trained(methods: list[MethodRow], places: Mapping[str, Mapping[str, int]]) -> dict[str, list[str]]:
    """Of each row the columns `TRAINED`, as texts."""
    return {
        row.name: [*(str(places.get(row.name, {}).get(title, "–")) for title in RANKS), *row.told()] for row in methods
    }


def _numbers(
    cells: Mapping[str, Mapping[str, Any]], heads: list[str], trained: Mapping[str, list[str]]
) -> list[list[Any]]:
    """Lines of the CSV: means as numbers, and beside each how many clips it comes from; last how long was trained."""
    lines: list[list[Any]] = [[heads[0], *(text for head in heads[1:] for text in (head, "n")), *TRAINED]]
    for name, row in cells.items():
        pairs = ((None if one.mean is None else round(one.mean, 6), one.n) for one in row.values())
        told = [safe_cell(text) for text in trained.get(name, [""] * len(TRAINED))]
        lines.append([safe_cell(name), *(value for pair in pairs for value in pair), *told])
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


def _methods(text: str) -> list[MethodRow]:
    names, store = [name.strip() for name in text.split(",") if name.strip()], model_store()
    try:
        rows = [method_row(name, store) for name in names]
    except (UnknownMethod, BadParameters, BadWeights) as error:
        raise CommandError(str(error), returncode=BAD_INPUT) from error
    for row in rows:
        if not get_method(row.method).protects:
            raise CommandError(
                f"{row.method!r} does not de-identify and is in the table anyway, as the ceiling: leave it out.",
                returncode=BAD_INPUT,
            )
    if not rows:
        raise CommandError("--methods names none: give at least one.", returncode=BAD_INPUT)
    if len({row.name for row in rows}) < len(rows):
        raise CommandError("--methods names a row twice: name each once.", returncode=BAD_INPUT)
    return rows


def _check_phantoms(number: int) -> None:
    if not 0 <= number <= MOST_PHANTOMS:
        raise CommandError(f"--phantoms must be from 0 to {MOST_PHANTOMS}, was {number}.", returncode=BAD_INPUT)


def _phantoms(folder: Path, number: int) -> dict[Path, list[Path]]:
    """The recordings of that many phantoms, made where they are not there yet, by the folder of their results."""
    if not number:
        return {}
    from deid.algorithms.phantom.cohort import COHORT, write_cohort

    clips = folder / "clips"
    write_cohort(clips, [each.code for each in COHORT[:number]], PHANTOM_SECONDS)
    return {folder: _clips(clips)}
