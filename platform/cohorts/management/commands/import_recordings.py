"""`manage.py import_recordings DIR manifest.csv`: take in a folder of recordings, reported row by row."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from cohorts.manifest import BadManifest, import_manifest
from cohorts.models import Cohort
from cohorts.services import create_cohort


class Command(BaseCommand):
    help = "Import recordings named by a manifest (CSV: file,participant,task). Exit 1 when any row was refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("manifest", type=Path, help="relative to the folder, or a path of its own")
        parser.add_argument("--cohort", default="Imported", help="name of the cohort; made when missing")
        parser.add_argument("--coordinator", help="user name of the coordinator of a new cohort")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder: name the folder that holds the recordings", returncode=2)
        manifest: Path = options["manifest"]
        if not manifest.is_absolute() and (folder / manifest).exists():
            manifest = folder / manifest
        cohort = self._cohort(options["cohort"], options["coordinator"])
        n_refused = n_rows = 0
        try:
            for row in import_manifest(folder, manifest, cohort=cohort, actor=None):
                n_rows, n_refused = n_rows + 1, n_refused + (not row.accepted)
                self.stdout.write(f"line {row.line}  {row.file}  {'' if row.accepted else 'REFUSED: '}{row.message}")
        except BadManifest as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(f"{n_rows - n_refused} of {n_rows} recordings accepted into “{cohort.name}”")
        if n_refused:
            raise CommandError(f"{n_refused} of {n_rows} rows were refused, see above", returncode=1)

    def _cohort(self, name: str, coordinator: str | None) -> Cohort:
        if cohort := Cohort.objects.filter(name=name).first():
            return cohort
        users = User.objects.filter(username=coordinator) if coordinator else User.objects.none()
        if coordinator and not users:
            raise CommandError(f"there is no user “{coordinator}”: make one with manage.py add_user", returncode=2)
        try:
            return create_cohort(name=name, coordinators=users, actor=None)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages), returncode=2) from error
