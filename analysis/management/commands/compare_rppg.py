"""The tables of the pulse-preserving autoencoder on phantoms: recognisers by version, predictors by predictors."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.training_facts import smaller
from deid.algorithms.training.config import read
from deid.algorithms.training.errors import TrainingError
from deid.weights import model_store
from frontend.csv_lines import safe_cell
from modelstore.errors import BadWeights

BAD_INPUT = 2
FACES = 8  # people of the sheet


class Command(BaseCommand):
    help = (
        "Compare what recognisers and pulse predictors make of phantoms: original, pixelated, blurred, and through "
        "autoencoders that were trained here. Exit status: 0 written, 2 bad input."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--config", type=Path, required=True, help="TOML, or JSON where it ends in .json")
        parser.add_argument("--out", type=Path, required=True, help="folder for the tables and a sheet of faces")

    def handle(self, *args: Any, **options: Any) -> None:
        # Heavy libraries load here, not when manage.py lists its commands.
        from analysis.algorithms.rppg.comparison import RppgComparison, compare_versions
        from deid.algorithms.training.sheets import write_sheet

        out: Path = options["out"]
        try:
            config = read(RppgComparison, options["config"])
            found = compare_versions(config, model_store(), self.stderr.write)
        except (TrainingError, BadWeights) as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        out.mkdir(parents=True, exist_ok=True)
        texts = [_about(config, found)]
        for name, (title, heads, rows) in _tables(config, found).items():
            with (out / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([heads, *([safe_cell(str(row[0])), *row[1:]] for row in rows)])
            texts.append(f"## {title}\n\n{_markdown(heads, rows)}")
        (out / "tables.md").write_text("\n\n".join(texts) + "\n", encoding="utf-8")
        write_sheet(out / "faces.png", _sheet(found))
        self.stdout.write("\n\n".join(texts))
        self.stdout.write(f"{out / 'tables.md'}")


def _tables(config: Any, found: Any) -> dict[str, tuple[str, list[str], list[list[Any]]]]:
    """Title, heads and rows by the name of a file."""
    from analysis.algorithms.rppg.comparison import FULL, ORIGINAL, PREDICTORS
    from analysis.algorithms.rppg.tables import predictor_tables, recognition_table
    from deid.algorithms.training.rppg.judges import label

    names = [label(each) for each in (*config.seen, *config.unseen)]
    seen = [label(each) for each in config.seen]
    first = {name: people for name, people in found.versions.items() if not name.startswith("trained with")}
    heads, lines = recognition_table(first, names, seen, "chrom")
    tables: dict[str, tuple[str, list[str], list[list[Any]]]] = {
        "recognisers": ("Recognisers by version; pulse by CHROM", heads, lines)
    }
    trained: dict[str, Any] = {
        each: found.versions[version]
        for each in PREDICTORS
        if (version := FULL if each == "chrom" else f"trained with {each}") in found.versions
    }
    rows = {**trained, ORIGINAL: found.versions[ORIGINAL]}
    for number, (measure, (heads, lines)) in enumerate(predictor_tables(rows, PREDICTORS).items(), start=1):
        tables[f"predictors-{number}"] = (f"Predictors by predictors: {measure}", heads, lines)
    return tables


def _about(config: Any, found: Any) -> str:
    """What was compared, and how far each network was trained: none of this is ranked."""
    data = config.data
    lines = [
        "# Faces whose pulse stays",
        f"{data.identities} phantoms at {data.side} pixels, each in training and test at other times. Rates are of "
        f"{data.test_seconds:g} s each. Nothing here is ranked: how far each network was trained says how much its "
        "numbers are worth.",
        *(f"- {name}: {_length(record)}{_manner(record)}." for name, record in found.records.items()),
        "",
        "The judges:",
        *(f"- {name}: {_length(record)}." for name, record in found.judges.items()),
    ]
    return "\n".join(lines)


def _length(record: Any) -> str:
    return "trained by others" if record is None else f"{record.steps:,} steps, {record.images:,} frames seen"


def _manner(record: Any) -> str:
    """Of an autoencoder: what it was trained with, from its own record, and where it is smaller than published."""
    if record is None:
        return ""
    told = record.config
    parts = [f"{key} {told[key]}" for key in ("predictor", "push") if key in told]
    parts += [f"no {key.replace('_', ' ')}" for key in ("regulariser", "pulse_loss") if told.get(key) is False]
    if small := smaller("rppg", record.sizes):
        parts.append(f"smaller than published: {small}")
    return "".join(f"; {part}" for part in parts)


def _sheet(found: Any) -> Any:
    import numpy as np

    from deid.algorithms.methods.learned.running import levels_of
    from deid.algorithms.training.sheets import sheet

    return sheet([levels_of(np.stack(pictures[:FACES])) for pictures in found.pictures.values()])


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [heads, ["---", *["--:"] * (len(heads) - 1)], *([row[0], *map(_shown, row[1:])] for row in rows)]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _shown(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) and value == value else "–"
