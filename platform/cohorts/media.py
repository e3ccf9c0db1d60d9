"""Serving media after a permission check: Range, neutral headers, nothing that tells one file from another."""

import re
from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from cohorts import storage
from cohorts.encryption import Bytes, Tampered

CHUNK = 1 << 18
# At most so much of a range is sent at once: it fits into the connection's buffer, and the thread is free again while
# a slow viewer still reads. Players ask for the rest (RFC 9110, 15.3.7: Content-Range tells what came).
ANSWER = 1 << 18
FREE_BOX_HEADER = 8  # ISO 14496-12: 4 bytes size, 4 bytes type; players skip the box
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Unsatisfiable(ValueError):
    """The asked range lies outside the file."""


def serve(
    request: HttpRequest,
    *,
    storage_name: str,
    n_bytes: int,
    padded_to: int | None = None,
    content_type: str = "video/mp4",
) -> HttpResponseBase:
    """A file of the media storage, whole or the asked range of it.

    Parameters
    ----------
    n_bytes : size of the stored content
    padded_to : size to be shown, made up by an empty `free` box at the end, so that two versions of one recording
        have equal sizes; None for the file as it is
    """
    total = n_bytes if padded_to is None else padded_to
    if total != n_bytes and total - n_bytes < FREE_BOX_HEADER:
        raise ValueError(f"a free box needs {FREE_BOX_HEADER} bytes: cannot pad {n_bytes} bytes to {total}")
    if padded_to is None and (handed := _handed_to_nginx(storage_name, content_type)):
        return handed
    try:
        span = parse_range(request.headers.get("Range"), total)
    except Unsatisfiable:
        response = HttpResponse(status=416, content_type=content_type)
        response["Content-Range"] = f"bytes */{total}"
        return response
    start, stop = (span[0], min(span[1], span[0] + ANSWER)) if span else (0, total)
    body = (
        () if request.method == "HEAD" else _begun(_slices(_open(storage_name, n_bytes), n_bytes, total, start, stop))
    )
    served = StreamingHttpResponse(body, status=206 if span else 200, content_type=content_type)
    served["Accept-Ranges"] = "bytes"
    served["Content-Length"] = str(stop - start)
    if span:
        served["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
    return served


def _handed_to_nginx(storage_name: str, content_type: str) -> HttpResponse | None:
    """An empty answer that tells nginx which file to send; None where the file is encrypted or nginx has none."""
    if not settings.MEDIA_ACCEL_PREFIX or storage.plain_path(storage_name) is None:
        return None
    response = HttpResponse(content_type=content_type)
    response["X-Accel-Redirect"] = settings.MEDIA_ACCEL_PREFIX.rstrip("/") + "/" + storage_name
    return response


def _open(storage_name: str, n_bytes: int) -> Bytes:
    try:
        opened = storage.open_media(storage_name)
    except FileNotFoundError:
        raise Http404 from None
    if opened.size != n_bytes:
        opened.close()
        raise Tampered(f"{storage_name} holds {opened.size} bytes, {n_bytes} were stored")
    return opened


def _begun(slices: Iterator[bytes]) -> Iterator[bytes]:
    """The same, with the first piece already read: a file that does not open is an error, not an empty answer."""
    first = next(slices, b"")
    return _chained(first, slices)


def _chained(first: bytes, slices: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield first
        yield from slices
    finally:
        slices.close()  # type: ignore[attr-defined] # a generator


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


def _slices(opened: Bytes, n_bytes: int, total: int, start: int, stop: int) -> Iterator[bytes]:
    try:
        for at in range(start, min(stop, n_bytes), CHUNK):
            yield opened.read_at(at, min(at + CHUNK, stop, n_bytes))
    finally:
        opened.close()
    if stop > n_bytes:
        yield from _from_padding(total - n_bytes, max(start - n_bytes, 0), stop - n_bytes)


def _from_padding(size: int, start: int, stop: int) -> Iterator[bytes]:
    header = size.to_bytes(4, "big") + b"free"
    while start < stop:
        end = min(start + CHUNK, stop)
        yield header[start:end] + bytes(end - max(start, min(len(header), end)))
        start = end
