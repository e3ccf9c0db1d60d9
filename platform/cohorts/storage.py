"""Files under random names in the media storage; a name tells nothing about its content."""

import hashlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import DEFAULT_STORAGE_ALIAS, settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage, storages


def random_name() -> str:
    """Two levels keep folders small."""
    token = secrets.token_hex(20)
    return f"{token[:2]}/{token}"


def store(source: BinaryIO | File, name: str = "") -> str:
    """Keep a copy of an open file, under a random name unless one was drawn before; returns its storage name."""
    return default_storage.save(name or random_name(), source if isinstance(source, File) else File(source))


@contextmanager
def stored(source: BinaryIO | File) -> Iterator[str]:
    """A stored copy for the row that will name it: removed again when writing the row fails."""
    name = store(source)
    try:
        yield name
    except BaseException:
        remove(name)
        raise


def remove(name: str) -> None:
    if name:
        default_storage.delete(name)


@contextmanager
def local_copy(name: str) -> Iterator[Path]:
    """A path on this machine, for libraries that want one: the file itself, or a temporary copy of a remote one."""
    if isinstance(storages[DEFAULT_STORAGE_ALIAS], FileSystemStorage):
        yield Path(default_storage.path(name))
        return
    settings.WORK_FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=settings.WORK_FOLDER) as copy:
        with default_storage.open(name) as remote:
            shutil.copyfileobj(remote, copy, 1 << 20)
        copy.flush()
        yield Path(copy.name)


def sha256_of_path(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
