"""The page for an error of ours; while an update is under way or the key is closed, one that says so."""

import sys

from django.db import DataError, IntegrityError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.defaults import server_error as plain_page

from operations.health import OK, migrations
from ratings.key import KeyClosed


def server_error(request: HttpRequest) -> HttpResponse:
    """503 where the schema waits for its migrations or the key cannot be read, 500 otherwise."""
    error = sys.exc_info()[1]
    if isinstance(error, KeyClosed):
        return render(request, "ratings/key_closed.html", {"why": str(error)}, status=503)
    if not _was_refused(error) or migrations() == OK:
        return plain_page(request)
    # Without the request: who is signed in is read for every page, and may be what the schema lacks.
    response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = "30"
    return response


def _was_refused(error: BaseException | None) -> bool:
    """By the schema: it lacks a table, column or function, or its rules do not know yet what was to be written."""
    return isinstance(error, ProgrammingError | IntegrityError | DataError)
