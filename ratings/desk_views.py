"""Pages of raters: the desk."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from accounts.access import roles_required, signed_in
from accounts.models import Role
from cohorts import links
from ratings import (
    debrief_queries,
    desk,
    desk_queries,
    practice_queries,
    range_log,
    services,
    shown_files,
    viewing_queries,
)
from ratings.access import get_presentation, taken_out
from ratings.session_queries import sessions_of

rater = roles_required(Role.RATER)


@require_GET
@rater
def home(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    following, opens = desk_queries.next_presentation(user)
    context = {
        "studies": desk_queries.desk_studies(user),
        "next": following,
        "opens": opens,
        "practice": len(practice_queries.unfinished(following.study, user)) if following else 0,
        "last": desk_queries.last_changeable(user),
        "sessions": [session for session in sessions_of(user) if session.is_complete],
        "debriefs": debrief_queries.open_debriefs(user),
    }
    return render(request, "ratings/desk_home.html", context)


@require_GET
@rater
def next_presentation(request: HttpRequest) -> HttpResponse:
    """To the check of the equipment, to practice, or to the first presentation that is not completed.

    Home when all are, before the next session, and for a break.
    """
    user = signed_in(request)
    presentation, _opens = desk_queries.next_presentation(user)
    if presentation and viewing_queries.equipment_is_due(presentation):
        return redirect("ratings:equipment", pk=presentation.pk)
    if presentation and (practice := practice_queries.unfinished(presentation.study, user)):
        return redirect("ratings:practice", pk=practice[0].pk)
    if presentation and "rested" not in request.GET and desk_queries.break_is_due(user):
        messages.info(request, _("Time for a break: go on when you are rested."))
        return redirect("ratings:desk")
    return redirect("ratings:presentation", pk=presentation.pk) if presentation else redirect("ratings:desk")


@require_GET
@rater
def presentation(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The desk. Nothing in it may tell which version or whose video this is."""
    user = signed_in(request)
    if taken_out(user, pk):
        messages.info(request, _("That video was taken out of the study."))
        return redirect("ratings:desk")
    presentation = get_presentation(user, pk)
    if presentation.started_at is None and practice_queries.unfinished(presentation.study, user):
        messages.info(request, _("Practice comes first."))
        return redirect("ratings:next")
    if presentation.started_at is None and viewing_queries.equipment_is_due(presentation):
        return redirect("ratings:equipment", pk=pk)
    services.start_presentation(presentation=presentation)
    before, number, total = desk_queries.neighbours(presentation)
    items = desk.items(presentation)
    context = {
        "presentation": presentation,
        "video_route": "ratings:video",
        "save": reverse("ratings-api:ratings", args=[presentation.pk]),
        "acquaintance": reverse("ratings-api:acquaintance", args=[presentation.pk]),
        "viewing": reverse("ratings-api:viewing", args=[presentation.pk]),
        "previous": reverse("ratings:presentation", args=[before.pk]) if before else "",
        "number": number,
        "total": total,
        "minutes_left": desk_queries.minutes_left(presentation),
        "seen_whole": viewing_queries.of_presentation(presentation).share >= viewing_queries.WHOLE,
        **desk.shown(presentation.study, presentation.recording, items),
    }
    return render(request, "ratings/desk.html", context)


@require_safe
@rater
def video(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The file, as large as its other version: sizes and names tell nothing."""
    presentation = get_presentation(signed_in(request), pk)
    links.look(request, verb="presentation.viewed", target=presentation)
    served = shown_files.serve(
        request,
        storage_name=presentation.storage_name,
        shown_bytes=presentation.shown_bytes,
        file_bytes=presentation.file_bytes,
    )
    return range_log.counted(served, presentation)
