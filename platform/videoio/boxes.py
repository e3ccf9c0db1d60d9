"""The boxes of an MP4 file (ISO/IEC 14496-12): where they lie, and a hash of all that is no picture and no sound."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from videoio.errors import MediaError

HOLDING = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta", b"dinf"}  # boxes that are lists of boxes
CONTENT = "mdat"
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Box:
    path: str  # such as "moov/trak/mdia"
    start: int  # byte of the file
    size: int


def boxes(path: Path) -> list[Box]:
    """All boxes in the order of the file.

    Raises
    ------
    MediaError : the file is not made of whole boxes
    """
    with path.open("rb") as file:
        return list(_within(file, path, "", 0, path.stat().st_size))


def _within(file: BinaryIO, path: Path, above: str, start: int, stop: int) -> list[Box]:
    found = []
    while start < stop:
        file.seek(start)
        head = file.read(16)
        size, kind, length = int.from_bytes(head[:4], "big"), head[4:8], 8
        if size == 1:
            size, length = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:
            size = stop - start
        if size < length or start + size > stop:
            raise MediaError("not_boxes", f"{path.name} is no whole MP4 file: byte {start} begins no box that fits.")
        name = above + kind.decode("latin-1")
        found.append(Box(name, start, size))
        if kind in HOLDING:
            found += _within(file, path, f"{name}/", start + length, start + size)
        start += size
    return found


def index_hash(path: Path) -> str:
    """SHA-256 of everything but the coded pictures and sound, and of where these lie."""
    hashed = sha256()
    found = [box for box in boxes(path) if "/" not in box.path]
    with path.open("rb") as file:
        for box in found:
            hashed.update(f"{box.path} {box.start} {box.size}\n".encode())
            if box.path != CONTENT:
                file.seek(box.start)
                hashed.update(file.read(box.size))
    return hashed.hexdigest()
