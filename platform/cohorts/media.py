"""Serving media after a permission check: Range, neutral headers, nothing that tells one file from another."""

import re
from collections.abc import Iterator
from typing import BinaryIO, cast

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

CHUNK = 1 << 18
FREE_BOX_HEADER = 8  # ISO 14496-12: 4 bytes size, 4 bytes type; players skip the box
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Unsatisfiable(ValueError):
    """The asked range lies outside the file."""


def serve(request: HttpRequest, *, storage_name: str, n_bytes: int, padded_to: int | None = None) -> HttpResponseBase:
    """An MP4 file of the media storage, whole or the asked range of it.

    Parameters
    ----------
    n_bytes : size of the stored file
    padded_to : size to be shown, made up by an empty `free` box at the end, so that two versions of one recording
        have equal sizes; None for the file as it is
    """
    total = n_bytes if padded_to is None else padded_to
    if total != n_bytes and total - n_bytes < FREE_BOX_HEADER:
        raise ValueError(f"a free box needs {FREE_BOX_HEADER} bytes: cannot pad {n_bytes} bytes to {total}")
    try:
        span = parse_range(request.headers.get("Range"), total)
    except Unsatisfiable:
        response = HttpResponse(status=416, content_type="video/mp4")
        response["Content-Range"] = f"bytes */{total}"
        return response
    start, stop = span or (0, total)
    body = () if request.method == "HEAD" else _slices(storage_name, n_bytes, total, start, stop)
    served = StreamingHttpResponse(body, status=206 if span else 200, content_type="video/mp4")
    served["Accept-Ranges"] = "bytes"
    served["Content-Length"] = str(stop - start)
    if span:
        served["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
    return served


def parse_range(header: str | None, total: int) -> tuple[int, int] | None:
    """(start, stop) of a single byte range; None for the whole, or when the header is not understood (RFC 9110)."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:  # the last so many bytes
        start, stop = max(total - int(last), 0), total
    else:
        start, stop = int(first), min(int(last) + 1, total) if last else total
    if start >= total or start >= stop:
        raise Unsatisfiable(header)
    return start, stop


def _slices(storage_name: str, n_bytes: int, total: int, start: int, stop: int) -> Iterator[bytes]:
    if start < n_bytes:
        with default_storage.open(storage_name) as handle:
            yield from _from_file(cast(BinaryIO, handle), start, min(stop, n_bytes))
    if stop > n_bytes:
        yield from _from_padding(total - n_bytes, max(start - n_bytes, 0), stop - n_bytes)


def _from_file(handle: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    handle.seek(start)
    while start < stop:
        chunk = handle.read(min(CHUNK, stop - start))
        if not chunk:
            raise OSError(f"the stored file ends at byte {start}, {stop} were promised")
        start += len(chunk)
        yield chunk


def _from_padding(size: int, start: int, stop: int) -> Iterator[bytes]:
    header = size.to_bytes(4, "big") + b"free"
    while start < stop:
        end = min(start + CHUNK, stop)
        yield header[start:end] + bytes(end - max(start, min(len(header), end)))
        start = end
