"""The second witness of viewing: which bytes of a presentation's file left the server."""

import logging
import re
from collections.abc import Iterator
from typing import cast

from django.db import DatabaseError
from django.http import HttpResponseBase, StreamingHttpResponse

from ratings.models import Presentation, VideoSent

logger = logging.getLogger(__name__)
_START = re.compile(r"bytes ([0-9]+)-")


def counted(response: HttpResponseBase, presentation: Presentation) -> HttpResponseBase:
    """The same answer; once it is sent, or broken off, a row tells what was handed out of it.

    What raters see is always sent from here, never by nginx (`shown_files.serve`): so it can be counted.
    """
    if response.streaming:
        found = _START.match(response.headers.get("Content-Range", ""))
        streaming = cast(StreamingHttpResponse, response)
        pieces = cast(Iterator[bytes], streaming.streaming_content)
        streaming.streaming_content = _counting(pieces, presentation, int(found[1]) if found else 0)
    return response


def _counting(pieces: Iterator[bytes], presentation: Presentation, first_byte: int) -> Iterator[bytes]:
    n_bytes = 0
    try:
        for piece in pieces:
            yield piece
            n_bytes += len(piece)
    finally:
        if n_bytes:
            _note(presentation, first_byte, n_bytes)


def _note(presentation: Presentation, first_byte: int, n_bytes: int) -> None:
    """A video is shown although its witness cannot write: the rater's work goes first."""
    try:
        VideoSent.objects.create(presentation=presentation, first_byte=first_byte, n_bytes=n_bytes)
    except DatabaseError:
        logger.exception("what was sent of presentation %s is not noted", presentation.pk)
