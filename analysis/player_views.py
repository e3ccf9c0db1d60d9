"""A rendition beside its original, in step, with the curves that run along. Every look at a face is audited."""

import logging
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from accounts.access import has_role, roles_required, signed_in
from analysis import player_figures
from analysis.access import MEASURED_FOR, get_rendition_to_look_at
from analysis.dashboard_figures import Drawn
from analysis.dashboard_views import STAFF, figure_page
from analysis.models import Series
from analysis.series_services import read_series
from cohorts import links, media
from cohorts.encryption import Tampered
from deid.models import Rendition
from frontend.queries import refuse_unknown_keys

logger = logging.getLogger(__name__)
readers = roles_required(*MEASURED_FOR)


class Moment(forms.Form):
    """Where the player begins, and whether the original is asked for."""

    t = forms.FloatField(required=False, min_value=0, max_value=86_400)
    watch = forms.CharField(required=False, max_length=5)


@require_GET
@readers
@figure_page
def player(request: HttpRequest, pk: int) -> HttpResponse:
    """The rendition, the original for those who may see it and asked for it, and what was measured over time."""
    user = signed_in(request)
    rendition = get_rendition_to_look_at(user, pk)
    refuse_unknown_keys(request, Moment.base_fields)
    moment = Moment(request.GET)
    if not moment.is_valid():
        raise BadRequest("“t” must be a number of seconds")
    staff = has_role(user, *STAFF)
    measured, missing = _figures(rendition)
    recording = rendition.recording
    context = {
        "rendition": rendition, "recording": recording, "staff": staff, "start": moment.cleaned_data["t"] or 0,
        "watch": staff and "watch" in request.GET, "figures": measured, "missing": missing,
        "unequal": rendition.n_frames != recording.n_frames, "step": 1 / recording.frame_rate,
    }  # fmt: skip
    return render(request, "analysis/player.html", context)


def _figures(rendition: Rendition) -> tuple[list[Drawn], str]:
    """What can be drawn, and why nothing can."""
    if rendition.state == Rendition.State.VOID:
        return [], ""
    kept: Series | None = Series.objects.filter(rendition=rendition).first()
    if kept is None:
        return [], _(
            "Nothing has been measured over time yet. Measuring begins by itself; what was measured before curves were "
            "kept has to be measured again."
        )
    try:
        found: dict[str, Any] = read_series(kept)
    except (FileNotFoundError, Tampered, ValueError):
        logger.exception("%s cannot be read", kept)
        return [], _("What was measured over time cannot be read: measure the rendition again.")
    return list(player_figures.figures(found)), ""


@require_safe
@readers
def player_video(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rendition's file, by a link of this session; the look is audited."""
    rendition = get_rendition_to_look_at(signed_in(request), pk)
    if rendition.state == Rendition.State.VOID:
        raise Http404
    links.look(request, verb="rendition.viewed", target=rendition)
    return media.serve(request, storage_name=rendition.storage_name, n_bytes=rendition.n_bytes)
