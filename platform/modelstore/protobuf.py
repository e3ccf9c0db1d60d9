"""Messages of protocol buffers, which ONNX files are: as much of them as is needed, without a library.

A message is a row of fields: a number that tells field and kind, then the value. Of the kinds that ONNX uses, 0 is a
varint, 1 and 5 are 8 and 4 bytes, 2 is a length and as many bytes.
"""

import mmap
from collections.abc import Iterator

Part = tuple[int, int]  # where a part of the file begins and ends
_WIDTHS = {1: 8, 5: 4}


def fields(content: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int | Part]]:
    """Each field with its number, or with where its bytes begin and end."""
    while at < end:
        tag, at = _varint(content, at)
        field, kind = tag >> 3, tag & 7
        if kind == 0:
            number, at = _varint(content, at)
            yield field, number
            continue
        length, at = _varint(content, at) if kind == 2 else (_WIDTHS[kind], at)
        if at + length > end:
            raise ValueError("the file ends too early")
        yield field, (at, at + length)
        at += length


def varints(content: mmap.mmap, at: int, end: int) -> list[int]:
    """Numbers packed one after another."""
    found = []
    while at < end:
        number, at = _varint(content, at)
        found.append(number)
    return found


def _varint(content: mmap.mmap, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = content[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at
