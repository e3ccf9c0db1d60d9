"""`manage.py verify_audit [--anchor FILE]`: walk the chain of the audit log; exit 1 when it is broken."""

from collections.abc import Iterator, Sequence
from typing import Any

from audit.chain import Anchor, Verdict, verify
from audit.management.chain_command import ChainCommand
from audit.queries import whole_chain


class Command(ChainCommand):
    help = "Verify the hash chain of the audit log. Exit 1 when a row was changed, removed or put in."
    nothing = "0 rows: the log is empty."

    def verdicts(self, anchors: Sequence[Anchor], options: dict[str, Any]) -> Iterator[tuple[str, Verdict]]:
        yield "", verify(whole_chain(), anchors)
