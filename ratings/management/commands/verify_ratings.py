"""`manage.py verify_ratings [--study N] [--anchor FILE]`: walk the chains of ratings; exit 1 when one is broken."""

from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.base import CommandError

from audit.chain import Anchor, Verdict
from audit.management.chain_command import ChainCommand
from ratings import chain
from ratings.models import Study


class Command(ChainCommand):
    help = "Verify the hash chains of ratings and the signatures. Exit 1 when a row was changed, removed or put in."
    nothing = "0 rows: nothing was rated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--study", type=int, metavar="N", help="only the chains of this study")

    def verdicts(self, anchors: Sequence[Anchor], options: dict[str, Any]) -> Iterable[tuple[str, Verdict]]:
        number = options["study"]
        study = None if number is None else Study.objects.filter(pk=number).first()
        if number is not None and study is None:
            raise CommandError(f"there is no study {number}", returncode=2)
        return chain.verdicts(anchors, study)
