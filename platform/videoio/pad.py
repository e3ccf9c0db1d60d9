"""Bringing MP4 files to one size, so that size tells nobody which rendition is which."""

import struct
from pathlib import Path
from typing import BinaryIO

from videoio.errors import MediaError

_HEADER = 8  # a box is its size (4 bytes) and its name (4 bytes), then its content
_CHUNK = 2**20


def pad_mp4(path: Path | str, size: int) -> None:
    """Append a `free` box, which players skip, so that the file is exactly `size` bytes.

    Raises
    ------
    MediaError : not an MP4, or `size` is smaller than the file or leaves 1-7 bytes, too few for a box

    References
    ----------
    ISO/IEC 14496-12, 8.1.2 "Free Space Box".
    """
    path = Path(path)
    now = path.stat().st_size
    gap = size - now
    with path.open("r+b") as file:
        if file.read(8)[4:8] != b"ftyp":
            raise MediaError("not_mp4", f"{path.name} is not an MP4 file: only MP4 files can be padded.")
        if gap == 0:
            return
        if gap < _HEADER:
            raise MediaError(
                "padding",
                f"{path.name} has {now} bytes and cannot be padded to {size}: ask for {now}, or {now + _HEADER} or "
                "more.",
            )
        file.seek(0, 2)
        header = struct.pack(">I4s", gap, b"free") if gap < 2**32 else struct.pack(">I4sQ", 1, b"free", gap)
        file.write(header)
        _write_zeros(file, gap - len(header))


def _write_zeros(file: BinaryIO, count: int) -> None:
    while count > 0:
        file.write(bytes(min(count, _CHUNK)))
        count -= _CHUNK
