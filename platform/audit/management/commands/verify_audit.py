"""`manage.py verify_audit [--anchor FILE]`: walk the chain of the audit log; exit 1 when it is broken."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.chain import Anchor, read_anchors, verify
from audit.queries import whole_chain


class Command(BaseCommand):
    help = "Verify the hash chain of the audit log. Exit 1 when a row was changed, removed or put in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--anchor",
            type=Path,
            metavar="FILE",
            help="check against the heads kept in FILE, then add the present one; keep FILE on another machine",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path | None = options["anchor"]
        verdict = verify(whole_chain(), self._anchors(file))
        if not verdict.unbroken:
            raise CommandError(f"BROKEN: {verdict.fault}. {verdict.n_rows} rows before it are in order.", returncode=1)
        if verdict.head is None:
            self.stdout.write("0 rows: the log is empty.")
            return
        self.stdout.write(f"{verdict.n_rows} rows, unbroken. Head: {verdict.head.hash}")
        if file is not None:
            with file.open("a") as handle:
                handle.write(f"{verdict.head.position} {verdict.head.hash} {timezone.now().isoformat()}\n")
            self.stdout.write(f"Head added to {file}.")

    def _anchors(self, file: Path | None) -> list[Anchor]:
        if file is None or not file.exists():
            return []
        try:
            return list(read_anchors(file.read_text()))
        except (ValueError, OSError) as error:
            raise CommandError(f"{file} cannot be read as anchors: {error}", returncode=2) from error
