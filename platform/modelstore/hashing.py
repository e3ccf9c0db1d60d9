"""SHA-256 of files, read once for as long as they stay what they are."""

import hashlib
from pathlib import Path

_known: dict[tuple[object, ...], str] = {}


def sha256(path: Path, *, anew: bool = False) -> str:
    """The hash of a file; remembered by this process while inode, size and both times stay the same."""
    state = path.stat()
    key = (str(path), state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    if anew or key not in _known:
        with path.open("rb") as file:
            _known[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _known[key]
