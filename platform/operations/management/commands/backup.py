"""`manage.py backup DIR`: rows, media and a manifest of hashes. Exit 0 when whole, 1 when the site has lost files."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations.backup import make_backup
from operations.manifest import BadBackup


class Command(BaseCommand):
    help = (
        "Back up database and media into DIR (new or empty). The site may run. The master key and SECRET_KEY are not "
        "in it: keep them elsewhere, or it cannot be used."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            made = make_backup(options["folder"])
        except (BadBackup, OSError) as error:
            raise CommandError(f"no backup was made: {error}", returncode=2) from error
        manifest = made.manifest
        self.stdout.write(
            f"{sum(table.rows for table in manifest.tables)} rows of {len(manifest.tables)} tables, "
            f"{len(manifest.media)} files ({made.n_bytes / 1e6:.1f} MB), {time.monotonic() - began:.1f} s"
        )
        self.stdout.write(f"SHA-256 of the manifest, to be kept elsewhere: {made.sha256}")
        if manifest.audit.fault:
            self.stderr.write(f"THE AUDIT LOG IS BROKEN: {manifest.audit.fault}. The backup holds it as it is.")
        if made.lost:
            raise CommandError(
                f"the backup is whole, but the storage has LOST {len(made.lost)} files that rows name, such as "
                f"{made.lost[0]}",
                returncode=1,
            )
