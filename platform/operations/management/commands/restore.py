"""`manage.py restore DIR`: a backup on an empty host, verified. Exit 0 when every row, file and key was found equal."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from cohorts.encryption import Tampered
from cohorts.keys import Shredded, UnknownMaster
from operations.manifest import BadBackup
from operations.restore import restore_backup
from operations.tables import RowsDiffer


class Command(BaseCommand):
    help = (
        "Restore the backup in DIR into an empty database and an empty media storage, by the same SECRET_KEY and "
        "MEDIA_ENCRYPTION_KEY as before, and compare every row and file. Refused where anything is there already."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--sha256", default="", help="of the manifest, as `backup` told it")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            restored = restore_backup(options["folder"], sha256=options["sha256"])
        except (BadBackup, RowsDiffer, Tampered, Shredded, UnknownMaster, OSError, Error) as error:
            raise CommandError(f"the backup was not restored: {error}", returncode=1) from error
        manifest = restored.manifest
        self.stdout.write(
            f"Backup of {manifest.made_at}: {restored.n_rows} rows of {len(manifest.tables)} tables and "
            f"{len(manifest.media)} files ({restored.n_bytes / 1e6:.1f} MB) are equal, {restored.n_keys} keys open, "
            f"{manifest.audit.rows} rows of the audit log are unbroken, {time.monotonic() - began:.1f} s"
        )
        self.stdout.write(
            "Left out on purpose: sessions. Everybody signs in again. Repeat withdrawals that came after the backup, "
            "then run migrate."
        )
