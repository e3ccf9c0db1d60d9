"""What the applications hold of a participant, so that a withdrawal reaches all of it.

Each application has one `Holding` and registers it when it starts: this one knows none of those above it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

from accounts.models import User
from audit.models import Event
from cohorts.models import Participant
from cohorts.vocabulary import Scope


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file with a face, and the row that names it."""

    kind: str
    pk: int
    storage_name: str
    sha256: str = ""
    n_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """Something that left the platform and has to be called back."""

    what: str
    by: str
    at: str

    @classmethod
    def of(cls, what: str, event: Event) -> "Export":
        """An export that the audit log knows of."""
        by = event.actor.username if event.actor else ""
        return cls(what, by, f"{event.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC")


class Holding:
    """One application's part. Everything is safe to repeat."""

    def plan(self, participant: Participant) -> list[tuple[str, int]]:
        """What a withdrawal would do here, as sentences with their numbers."""
        return []

    def files(self, participant: Participant) -> Iterator[HeldFile]:
        """Every file of theirs, whatever became of its row."""
        yield from ()

    def exports(self, participant: Participant) -> Iterator[Export]:
        yield from ()

    def void(self, participant: Participant, actor: User) -> None:
        """Stop and close everything of theirs, inside the transaction of the withdrawal."""

    def consent_ended(self, participant: Participant, scope: Scope, actor: User | None) -> None:
        """Stop what one scope allowed, inside the transaction that records its end."""


_holdings: dict[str, Holding] = {}


def register(app: str, holding: Holding) -> None:
    _holdings[app] = holding


def holdings() -> list[Holding]:
    """In the order of the layers, lowest first: the ones above see what those below have done."""
    return list(_holdings.values())
