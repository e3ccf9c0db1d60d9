"""Putting files into a store. A file counts only after its hash was checked, and all at once."""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from modelstore.errors import BadWeights
from modelstore.hashing import sha256
from modelstore.manifest import LOCAL, Entry, read, write
from modelstore.store import State, Store

PIECE = 1 << 20


@contextmanager
def draft(store: Store) -> Iterator[Path]:
    """A hidden name in the store's folder for a file that is not checked yet; gone afterwards."""
    store.folder.mkdir(parents=True, exist_ok=True)
    path = store.folder / f".{secrets.token_hex(8)}.draft"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def keep(store: Store, entry: Entry, source: IO[bytes]) -> Entry:
    """Copy a file into the store under the entry's name; returns the entry with its hash and size.

    Where the entry has a hash already the file must have the same one. Where it has none this one is recorded: whoever
    calls vouches for the file.

    Raises
    ------
    BadWeights : it is another file than the manifest means, or longer; nothing is kept
    """
    with draft(store) as path:
        digest, size = hashlib.sha256(), 0
        with path.open("xb") as target:
            while piece := source.read(PIECE):
                size += len(piece)
                if entry.sha256 is not None and entry.size is not None and size > entry.size:
                    raise BadWeights(f"the file for {entry.name} is longer than {entry.size} bytes: nothing was kept.")
                digest.update(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        found = digest.hexdigest()
        if entry.sha256 not in (None, found):
            raise BadWeights(
                f"the file for {entry.name} has {size} bytes and the SHA-256 {found}; the manifest expects "
                f"{entry.size} and {entry.sha256}: nothing was kept. Get the file from one of: {_told(entry)}."
            )
        path.chmod(0o644)  # workers may run as another user
        path.replace(store.file(entry))
    return record(store, replace(entry, sha256=found, size=size))


def record(store: Store, entry: Entry) -> Entry:
    """Write an entry into the store's own manifest, unless the shipped one says the same."""
    store.folder.mkdir(parents=True, exist_ok=True)
    with (store.folder / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two trainings may end at once: each must see what the other wrote
        if store.manifest.entries.get(entry.name) != entry:
            others = [each for each in read(store.folder / LOCAL) if each.name != entry.name]
            write(store.folder / LOCAL, [*others, entry])
    return entry


def verify(store: Store, entries: Iterable[Entry]) -> dict[str, str]:
    """What is wrong with files, by name and "" where nothing is; every file that is there is read anew."""
    found = {}
    for entry in entries:
        if store.state(entry) is State.MISSING:
            continue
        try:
            if store.file(entry).is_file():
                sha256(store.file(entry), anew=True)
            store.path(entry.name)
            found[entry.name] = ""
        except BadWeights as error:
            found[entry.name] = str(error)
    return found


def _told(entry: Entry) -> str:
    return "; ".join([*([entry.url] if entry.url else []), *entry.sources]) or "whoever made it"
