"""Files that came in and that no worker has looked at: a private folder, random names, one writer at a time.

The size of a file is how much of it has come; nothing else keeps count, so a killed process leaves nothing to mend.
Every append ends with fsync before it is acknowledged: what a browser was told to be stored outlives a power cut.
Web processes and workers share the folder (`UPLOAD_FOLDER`), and the lock on a file is theirs in common.
"""

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

PIECE = 1 << 18  # bytes in memory at a time
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Busy(Exception):
    """Another process or thread writes or reads this file."""


class Gone(Exception):
    """The file is no longer there."""


class NoSpace(Exception):
    """The disk is full; what came before stays."""


class WrongOffset(Exception):
    """The writer and the file disagree about how much has come."""


class ChecksumMismatch(Exception):
    """The piece arrived other than it was sent; nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the sender says a piece hashes to."""

    algorithm: str
    digest: bytes


def folder() -> Path:
    """The private folder, made on first use."""
    path: Path = settings.UPLOAD_FOLDER
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(name: str) -> Path:
    return settings.UPLOAD_FOLDER / name


def free_bytes() -> int:
    return shutil.disk_usage(folder()).free


def random_name() -> str:
    return secrets.token_hex(20)


def create(name: str) -> None:
    """An empty file that only this deployment's user may read."""
    with _full_told():
        os.close(os.open(folder() / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _sync_folder()


def size(name: str) -> int | None:
    """How much has come; None when there is no such file."""
    try:
        return path_of(name).stat().st_size if name else None
    except FileNotFoundError:
        return None


def remove(name: str) -> None:
    if name:
        path_of(name).unlink(missing_ok=True)


@contextmanager
def locked(name: str) -> Iterator[int]:
    """The open file, for as long as nobody else may have it. The lock ends with its process, however that ends.

    Raises
    ------
    Busy, Gone
    """
    if not name:
        raise Gone(name)
    try:
        descriptor = os.open(path_of(name), os.O_RDWR)
    except FileNotFoundError:
        raise Gone(name) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(name) from None
        if os.fstat(descriptor).st_nlink == 0:  # removed between opening and locking
            raise Gone(name)
        yield descriptor
    finally:
        os.close(descriptor)


def append(
    descriptor: int, *, offset: int, n_bytes: int, read: Callable[[int], bytes], checksum: Checksum | None = None
) -> int:
    """Write up to `n_bytes` from `read` at the file's end; returns the new size, less than asked for after a cut.

    Bytes of a connection that was cut are kept, though its checksum could not be compared: the hash of the whole file
    is, before it becomes a recording.

    Raises
    ------
    WrongOffset : the file does not end at `offset`; nothing was written
    NoSpace : the disk is full; what fitted is kept
    ChecksumMismatch : the whole piece came and is not what was sent; it was taken away again
    """
    if (size := os.fstat(descriptor).st_size) != offset:
        raise WrongOffset(size)
    digest = hashlib.new(checksum.algorithm) if checksum else None
    end = offset
    try:
        while end < offset + n_bytes and (piece := _read(read, min(PIECE, offset + n_bytes - end))):
            write(descriptor, piece, end)
            end += len(piece)
            if digest:
                digest.update(piece)
    finally:
        _sync(descriptor, back_to=offset)
    if checksum and digest and end == offset + n_bytes and digest.digest() != checksum.digest:
        os.ftruncate(descriptor, offset)
        os.fsync(descriptor)
        raise ChecksumMismatch
    return end


def _read(read: Callable[[int], bytes], n_bytes: int) -> bytes:
    """The next piece; empty when the connection is cut or silent."""
    try:
        return read(n_bytes)
    except OSError:  # Django's UnreadablePostError is one
        return b""


def write(descriptor: int, piece: bytes, at: int) -> None:
    """All of a piece, past Python's buffers; NoSpace after as much of it as fitted."""
    view = memoryview(piece)
    with _full_told():
        while view:
            written = os.pwrite(descriptor, view, at)
            view, at = view[written:], at + written


def _sync(descriptor: int, *, back_to: int) -> None:
    """What could not be brought to the disk is taken away again: after a failed fsync nobody knows what is there."""
    try:
        with _full_told():
            os.fsync(descriptor)
    except (OSError, NoSpace):
        os.ftruncate(descriptor, back_to)
        raise


def _sync_folder() -> None:
    descriptor = os.open(settings.UPLOAD_FOLDER, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _full_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise NoSpace from error
        raise
