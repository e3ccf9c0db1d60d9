"""Private folders for faces that a library must read from a path: gone when done, and swept after a crash.

A folder is held by a lock file beside it, which the system lets go when the process dies, however it dies.
"""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from django.conf import settings

LOCK = ".lock"
JUST_MADE = 60  # seconds within which a lock file without its folder may belong to a process that is about to make it


@contextmanager
def private_folder(prefix: str) -> Iterator[Path]:
    """A folder only this user can read, removed at the end."""
    settings.WORK_FOLDER.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=settings.WORK_FOLDER, prefix=f"{prefix}-", suffix=LOCK) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # before the folder: a folder without a held lock is left over
        folder = Path(lock.name.removesuffix(LOCK))
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep_work_folder() -> int:
    """Remove what processes left that are no more; returns how many folders."""
    n_swept = 0
    root = settings.WORK_FOLDER
    for path in list(root.glob(f"*{LOCK}")) if root.is_dir() else []:
        with suppress(FileNotFoundError), path.open("rb") as lock:
            n_swept += _sweep(path, lock)
    return n_swept


def _sweep(path: Path, lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    folder = Path(str(path).removesuffix(LOCK))
    if not folder.is_dir():
        if time.time() - path.stat().st_mtime > JUST_MADE:
            path.unlink(missing_ok=True)
        return False
    shutil.rmtree(folder)
    path.unlink(missing_ok=True)
    return True
