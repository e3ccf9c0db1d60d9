"""Files under random names in the media storage; a name tells nothing about its content.

Where MEDIA_ENCRYPTION_KEY is set every file is sealed with a key of its own (encryption.py, keys.py). Reading asks the
file's row which it is, so that files from before the setting stay readable.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.conf import DEFAULT_STORAGE_ALIAS
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage, storages

from cohorts import keys
from cohorts.encryption import Bytes, Unsealed, seal
from cohorts.models import Participant, StoredFile
from cohorts.work_folder import private_folder

PIECE = 1 << 20


class _Handle:
    """An open file of any storage."""

    def __init__(self, name: str) -> None:
        self._handle = cast(BinaryIO, default_storage.open(name))
        self.size = self._handle.seek(0, os.SEEK_END) or self._handle.tell()

    def read_at(self, start: int, stop: int) -> bytes:
        self._handle.seek(start)
        return self._handle.read(stop - start)

    def close(self) -> None:
        self._handle.close()


class _S3Object:
    """An object in S3, read by ranges: django-storages would fetch the whole of it first."""

    def __init__(self, backend: Any, name: str) -> None:
        self._object = backend.bucket.Object(backend._normalize_name(name))
        try:
            self.size = int(self._object.content_length)
        except self._object.meta.client.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise FileNotFoundError(f"there is no object {name}") from None
            raise

    def read_at(self, start: int, stop: int) -> bytes:
        stop = min(stop, self.size)
        if start >= stop:
            return b""
        return bytes(self._object.get(Range=f"bytes={start}-{stop - 1}")["Body"].read())

    def close(self) -> None:
        pass


def _backend() -> Any:
    return storages[DEFAULT_STORAGE_ALIAS]


def random_name() -> str:
    """Two levels keep folders small."""
    token = secrets.token_hex(20)
    return f"{token[:2]}/{token}"


def store(source: BinaryIO | File, *, participant: Participant | None = None, name: str = "") -> str:
    """Keep a copy of an open file, under a random name unless one was drawn before; returns its storage name.

    Refused for a participant who withdrew.
    """
    name = name or random_name()
    key = keys.register(name, participant)
    try:
        if key is None:
            _save(name, source if isinstance(source, File) else File(source))
        else:
            source.seek(0)
            with private_folder("seal") as folder:
                with (folder / "sealed").open("xb") as target:
                    seal(cast(BinaryIO, source), target, key=key, name=name)
                with (folder / "sealed").open("rb") as sealed:
                    _save(name, File(sealed))
    except BaseException:
        remove(name)
        raise
    return name


def _save(name: str, content: File) -> None:
    if default_storage.save(name, content) != name:
        raise FileExistsError(f"the storage holds {name} already")  # the key is bound to the name


@contextmanager
def stored(source: BinaryIO | File, *, participant: Participant | None = None) -> Iterator[str]:
    """A stored copy for the row that will name it: removed again when writing the row fails."""
    name = store(source, participant=participant)
    try:
        yield name
    except BaseException:
        remove(name)
        raise


def give_to(name: str, participant: Participant) -> None:
    """A file that came in before its participant was known is the participant's from now on."""
    keys.give_to(name, participant)


def remove(name: str) -> None:
    """Remove a file, then its key: after a crash between the two it is still known what has to go."""
    if name:
        default_storage.delete(name)
        StoredFile.objects.filter(name=name).delete()


def open_media(name: str) -> Bytes:
    """The plain content of a file, readable anywhere; close it.

    Raises
    ------
    FileNotFoundError : there is no such file, or its key is destroyed
    Tampered : it is not what was stored
    """
    key = keys.key_of(name)
    backend = _backend()
    raw: Bytes = _S3Object(backend, name) if hasattr(backend, "bucket") else _Handle(name)
    if key is None:
        return raw
    try:
        return Unsealed(raw, key=key, name=name)
    except BaseException:
        raw.close()
        raise


def plain_path(name: str) -> Path | None:
    """Where a file lies on this machine; None where it is encrypted or elsewhere."""
    if isinstance(_backend(), FileSystemStorage) and keys.key_of(name) is None:
        return Path(default_storage.path(name))
    return None


@contextmanager
def local_copy(name: str) -> Iterator[Path]:
    """A path on this machine, for libraries that want one: the file itself, or a private copy for as long as needed."""
    path = plain_path(name)
    if path is not None:
        yield path
        return
    with private_folder("copy") as folder:
        copy = folder / "media"
        source = open_media(name)
        try:
            with copy.open("xb") as target:
                for start in range(0, source.size, PIECE):
                    target.write(source.read_at(start, min(start + PIECE, source.size)))
        finally:
            source.close()
        yield copy


def sha256_of_path(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
