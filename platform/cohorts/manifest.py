"""Import of a folder of recordings by a manifest, reported row by row."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from cohorts import services
from cohorts.models import Cohort

COLUMNS = ("file", "participant", "task")


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became of one row. `line` is the file's own, where the row ends: line 1 is the header."""

    line: int
    file: str
    accepted: bool
    message: str


class BadManifest(ValueError):
    """The manifest itself cannot be read."""


def import_manifest(folder: Path, manifest: Path, *, cohort: Cohort, actor: User | None) -> Iterator[RowReport]:
    """Take every row that is right; a wrong one is reported and stops nothing."""
    for line, row in _rows(manifest):
        name = (row["file"] or "").strip()
        try:
            path = _inside(folder, name)
            upload = services.import_recording(
                cohort=cohort, code=(row["participant"] or "").strip(), task=(row["task"] or "").strip(),
                path=path, actor=actor,
            )  # fmt: skip
            yield RowReport(line, name, True, _("accepted as recording %(pk)d") % {"pk": upload.recording_id})
        except ValidationError as error:
            yield RowReport(line, name, False, " ".join(error.messages))
        except OSError as error:  # not readable, or the disk is full: told for this row, the next may be luckier
            yield RowReport(line, name, False, _("could not be taken: %(why)s") % {"why": error.strerror or error})


def _rows(manifest: Path) -> Iterator[tuple[int, dict[str, str | None]]]:
    try:
        with manifest.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.DictReader(handle)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
            if missing:
                raise BadManifest(
                    f"{manifest.name} lacks the column(s) {', '.join(missing)}; its first line is "
                    f"{','.join(reader.fieldnames or []) or 'empty'}. Write {','.join(COLUMNS)} as the first line."
                )
            for row in reader:
                yield reader.line_num, row  # blank lines and line breaks in quotes count, as in an editor
    except FileNotFoundError:
        raise BadManifest(f"there is no manifest {manifest}: name a CSV file with {','.join(COLUMNS)}") from None
    except csv.Error as error:
        raise BadManifest(f"{manifest.name} is no CSV: {error}. Save it as CSV (comma separated) again.") from None
    except UnicodeDecodeError:
        raise BadManifest(f"{manifest.name} is not UTF-8 text: save it as CSV in UTF-8") from None


def _inside(folder: Path, name: str) -> Path:
    """A manifest names files of its folder, none elsewhere."""
    path = (folder / name).resolve()
    if not name or not path.is_relative_to(folder.resolve()):
        raise ValidationError(_("“%(name)s” is not inside the folder: name files of the folder.") % {"name": name})
    return path
