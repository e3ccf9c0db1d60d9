"""Hash chains: each row's hash covers the row and the hash before it. That of the log, and those of other tables.

The database seals rows in SQL: those of the log when their transaction commits (migration 0002), others when they are
put in (`audit.chained`). `digest` computes the same here, from the same bytes, so that the two check each other.
A chain alone cannot tell that its newest rows were cut off, or that all of it was computed anew: heads that were
written down elsewhere can (`Anchor`).
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

GENESIS = "0" * 64  # stands for the hash before the first row


class Sealed(Protocol):
    """A row of a chain."""

    @property
    def id(self) -> int: ...
    @property
    def position(self) -> int | None: ...
    @property
    def previous_hash(self) -> str | None: ...
    @property
    def hash(self) -> str | None: ...


class Row(Sealed, Protocol):
    """What of an event is hashed besides."""

    at: datetime
    actor_id: int | None
    verb: str
    target_type: str
    target_id: str
    note: str


Link = TypeVar("Link", bound=Sealed)
Digest = Callable[..., str]  # of a row, with `position` and `previous_hash` by name


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head of a chain that was seen before and kept outside the database; `chain` where there are many."""

    position: int
    hash: str
    chain: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk along the chain found. `fault` says the first thing that is wrong, at row `position`."""

    n_rows: int
    head: Anchor | None
    fault: str = ""
    position: int | None = None

    @property
    def unbroken(self) -> bool:
        return not self.fault


def seal(fields: Iterable[str | None]) -> str:
    """SHA-256 over netstrings, "-," for nothing: no two rows can be written as the same bytes."""
    encoded = (None if field is None else field.encode() for field in fields)
    return hashlib.sha256(b"".join(b"-," if e is None else b"%d:%s," % (len(e), e) for e in encoded)).hexdigest()


def time_of(at: datetime) -> str:
    """As the database writes times for a hash."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def digest(row: Row, *, position: int, previous_hash: str) -> str:
    """The hash of an event at its place."""
    actor = "" if row.actor_id is None else str(row.actor_id)
    about = (row.verb, row.target_type, row.target_id, row.note)
    return seal((str(position), previous_hash, str(row.id), time_of(row.at), actor, *about))


def verify(rows: Iterable[Link], anchors: Iterable[Anchor] = (), digest: Digest = digest) -> Verdict:
    """Walk along the chain to its first fault.

    Parameters
    ----------
    rows : every row of the chain, by position; rows without one last
    anchors : heads of it that were seen before
    digest : the hash of a row at its place
    """
    expected = {anchor.position: anchor.hash for anchor in anchors}
    head = Anchor(0, GENESIS)
    for row in rows:
        fault = _fault(row, head, expected, digest)
        if fault:
            return Verdict(head.position, _or_none(head), fault, row.position)
        head = Anchor(head.position + 1, str(row.hash))
    cut = sorted(position for position in expected if position > head.position)
    if cut:
        told = f"the chain ends at row {head.position}, the anchor has seen row {cut[-1]}: rows were cut off at the end"
        return Verdict(head.position, _or_none(head), told, head.position + 1)
    return Verdict(head.position, _or_none(head))


def _fault(row: Link, head: Anchor, expected: dict[int, str], digest: Digest) -> str:
    """What is wrong with the row after `head`; nothing when it continues the chain."""
    place = head.position + 1
    if row.position is None:
        return f"the row with id {row.id} was never sealed: it was put in past the trigger"
    if row.position > place:
        return f"row {place} is missing: after row {head.position} comes row {row.position}"
    if row.position < place:
        return f"row {row.position} is there twice"
    if row.previous_hash != head.hash:
        return f"row {place} does not continue row {head.position}: one of them was put in or changed"
    if row.hash != digest(row, position=place, previous_hash=head.hash):
        return f"row {place} (id {row.id}) was changed: its hash is not that of what it says"
    if expected.get(place, row.hash) != row.hash:
        return f"row {place} has another hash than the anchor has seen: the chain was written anew"
    return ""


def _or_none(head: Anchor) -> Anchor | None:
    return head if head.position else None


def anchor_line(anchor: Anchor, at: datetime) -> str:
    return " ".join([*filter(None, [anchor.chain]), str(anchor.position), anchor.hash, at.isoformat()])


def read_anchors(text: str) -> Iterator[Anchor]:
    """The heads of an anchor file, one a line: the chain where there are many, position, hash, when it was seen.

    Raises
    ------
    ValueError : a line is no anchor
    """
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        chain, *rest = words if len(words) == 4 else ["", *words]
        if len(rest) != 3 or not rest[0].isdecimal() or len(rest[1]) != 64:
            raise ValueError(f"line {number} is no anchor: it must have a row number, a hash of 64 digits, and a time")
        yield Anchor(int(rest[0]), rest[1], chain)
