"""The log, for administrators."""

from collections.abc import Iterable, Iterator

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import roles_required, signed_in
from accounts.models import Role
from audit import queries, services
from audit.forms import EventFilter, Place
from audit.models import Event
from frontend.csv_lines import csv_lines
from frontend.queries import refuse_unknown_keys

COLUMNS = (
    "position", "event", "at", "actor", "verb", "target_type", "target_id", "note", "previous_hash", "hash",
)  # fmt: skip


@require_GET
@roles_required(Role.ADMINISTRATOR)
def events(request: HttpRequest) -> HttpResponse:
    """Newest first, filtered; the address holds the filter and where the page begins."""
    refuse_unknown_keys(request, [*EventFilter.base_fields, *Place.base_fields])
    form, place = EventFilter(request.GET), Place(request.GET)
    if not place.is_valid():
        raise BadRequest("“before” must be the number of an event")
    if not form.is_valid():
        return render(request, "audit/events.html", {"form": form}, status=422)
    page = queries.page_of(queries.matching(**form.cleaned_data), place.cleaned_data["before"])
    newest = request.GET.copy()
    newest.pop("before", None)
    older = newest.copy()
    older["before"] = str(page.older)
    context = {"form": form, "page": page, "older": older.urlencode(), "newest": newest.urlencode()}
    return render(request, "audit/events.html", context)


@require_POST
@roles_required(Role.ADMINISTRATOR)
def export(request: HttpRequest) -> HttpResponseBase:
    """Every matching event as CSV; the export is an event itself, with what was asked for."""
    form = EventFilter(request.POST)
    if not form.is_valid():
        return render(request, "audit/events.html", {"form": form}, status=422)
    services.record_export(actor=signed_in(request), asked=form.cleaned_data)
    found = queries.matching(**form.cleaned_data).iterator(chunk_size=2000)
    response = StreamingHttpResponse(_lines(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{timezone.now():%Y%m%dT%H%M%SZ}.csv"'
    return response


def _lines(found: Iterable[Event]) -> Iterator[str]:
    yield from csv_lines([COLUMNS])
    yield from csv_lines(
        [
            event.position or "", event.pk, event.at.isoformat(), event.actor.get_username() if event.actor else "",
            event.verb, event.target_type, event.target_id, event.note, event.previous_hash or "", event.hash or "",
        ]
        for event in found
    )  # fmt: skip
