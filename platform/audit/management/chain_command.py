"""What commands that verify hash chains have in common."""

from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.chain import Anchor, Verdict, anchor_line, read_anchors


class ChainCommand(BaseCommand):
    """Walks along chains; exit 1 at the first that is broken. Heads are kept in a file, where one is named."""

    nothing = "0 rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--anchor",
            type=Path,
            metavar="FILE",
            help="check against the heads kept in FILE, then add the present ones; keep FILE on another machine",
        )

    def verdicts(self, anchors: Sequence[Anchor], options: dict[str, Any]) -> Iterable[tuple[str, Verdict]]:
        """Each chain by its name: empty where there is one only."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path | None = options["anchor"]
        heads = []
        for chain, verdict in self.verdicts(self._anchors(file), options):
            where = f"chain {chain}: " if chain else ""
            if not verdict.unbroken:
                told = f"BROKEN: {where}{verdict.fault}. {verdict.n_rows} rows before it are in order."
                raise CommandError(told, returncode=1)
            if verdict.head is not None:
                heads.append(Anchor(verdict.head.position, verdict.head.hash, chain))
                self.stdout.write(f"{where}{verdict.n_rows} rows, unbroken. Head: {verdict.head.hash}")
        if not heads:
            self.stdout.write(self.nothing)
        elif file is not None:
            with file.open("a") as handle:
                handle.writelines(f"{anchor_line(head, timezone.now())}\n" for head in heads)
            self.stdout.write(f"{'Heads' if len(heads) > 1 else 'Head'} added to {file}.")

    def _anchors(self, file: Path | None) -> list[Anchor]:
        if file is None or not file.exists():
            return []
        try:
            return list(read_anchors(file.read_text()))
        except (ValueError, OSError) as error:
            raise CommandError(f"{file} cannot be read as anchors: {error}", returncode=2) from error
