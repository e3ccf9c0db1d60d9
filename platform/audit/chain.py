"""The chain of the log: each row's hash covers the row and the hash before it.

The database seals rows when their transaction commits (migration 0002), in SQL; `digest` computes the same here, from
the same bytes, so that the two check each other. A chain alone cannot tell that its newest rows were cut off, or that
all of it was computed anew: heads that were written down elsewhere can (`Anchor`).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

GENESIS = "0" * 64  # stands for the hash before the first row


class Row(Protocol):
    """What of an event is hashed."""

    id: int
    at: datetime
    actor_id: int | None
    verb: str
    target_type: str
    target_id: str
    note: str
    position: int | None
    previous_hash: str | None
    hash: str | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head of the chain that was seen before and kept outside the database."""

    position: int
    hash: str


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


def digest(row: Row, *, position: int, previous_hash: str) -> str:
    """SHA-256 of a row at its place, over netstrings: no two rows can be written as the same bytes."""
    fields = (
        str(position), previous_hash, str(row.id), row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "" if row.actor_id is None else str(row.actor_id), row.verb, row.target_type, row.target_id, row.note,
    )  # fmt: skip
    encoded = (field.encode() for field in fields)
    return hashlib.sha256(b"".join(b"%d:%s," % (len(field), field) for field in encoded)).hexdigest()


def verify(rows: Iterable[Row], anchors: Iterable[Anchor] = ()) -> Verdict:
    """Walk along the chain to its first fault.

    Parameters
    ----------
    rows : every row of the log, by position; rows without one last
    anchors : heads that were seen before
    """
    expected = {anchor.position: anchor.hash for anchor in anchors}
    head = Anchor(0, GENESIS)
    for row in rows:
        fault = _fault(row, head, expected)
        if fault:
            return Verdict(head.position, _or_none(head), fault, row.position)
        head = Anchor(head.position + 1, str(row.hash))
    cut = sorted(position for position in expected if position > head.position)
    if cut:
        told = f"the log ends at row {head.position}, the anchor has seen row {cut[-1]}: rows were cut off at the end"
        return Verdict(head.position, _or_none(head), told, head.position + 1)
    return Verdict(head.position, _or_none(head))


def _fault(row: Row, head: Anchor, expected: dict[int, str]) -> str:
    """What is wrong with the row after `head`; nothing when it continues the chain."""
    place = head.position + 1
    if row.position is None:
        return f"event {row.id} was never sealed: it was put in past the trigger"
    if row.position > place:
        return f"row {place} is missing: after row {head.position} comes row {row.position}"
    if row.position < place:
        return f"row {row.position} is there twice"
    if row.previous_hash != head.hash:
        return f"row {place} does not continue row {head.position}: one of them was put in or changed"
    if row.hash != digest(row, position=place, previous_hash=head.hash):
        return f"row {place} (event {row.id}) was changed: its hash is not that of what it says"
    if expected.get(place, row.hash) != row.hash:
        return f"row {place} has another hash than the anchor has seen: the chain was written anew"
    return ""


def _or_none(head: Anchor) -> Anchor | None:
    return head if head.position else None


def read_anchors(text: str) -> Iterator[Anchor]:
    """The heads of an anchor file, one a line: position, hash, when it was seen.

    Raises
    ------
    ValueError : a line is no anchor
    """
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        if len(words) != 3 or not words[0].isdecimal() or len(words[1]) != 64:
            raise ValueError(f"line {number} is no anchor: it must have a row number, a hash of 64 digits, and a time")
        yield Anchor(int(words[0]), words[1])
