"""What waits for a user, as their home shows it. Each application registers what it knows of that."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import User

SHOWN = 5  # of one kind; the page of all is one step away


@dataclass(frozen=True, slots=True)
class Row:
    """One thing: where it leads, its state (an object with one), how far it is (`done` of `whole`, or a `share` of 1),
    and since when."""

    label: str
    url: str
    state: Any = None
    note: str = ""
    done: int = 0
    whole: int = 0
    share: float | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One kind of thing. `action` (label, address) deals with the first; without it nothing is asked of the user."""

    title: str
    n: int
    rows: list[Row] = field(default_factory=list)
    action: tuple[str, str] | None = None
    all_url: str = ""


Reader = Callable[[User], Iterable[Waiting]]
_readers: dict[str, Reader] = {}


def register(app: str, reader: Reader) -> None:
    """`reader` gives an application's kinds for a user, with a number of queries that does not grow with the rows."""
    _readers[app] = reader


def waiting_for(user: User) -> list[Waiting]:
    """All that is not empty: first what asks for something, in the order of the work, then what goes on by itself."""
    found = [kind for reader in _readers.values() for kind in reader(user) if kind.n]
    return sorted(found, key=lambda kind: kind.action is None)


def first_of(found: QuerySet[Any]) -> tuple[list[Any], int]:
    """The rows to show, and how many there are; one query where all are shown."""
    rows = list(found[: SHOWN + 1])
    return rows[:SHOWN], len(rows) if len(rows) <= SHOWN else found.count()
