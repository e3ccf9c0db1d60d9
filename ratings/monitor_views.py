"""Pages for coordinators while a study is rated: who is where, what is adjudicated, how calibrated the raters are."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.access import signed_in
from ratings import adjudication_queries, adjudication_services, calibration_queries, monitor_queries, protocol_services
from ratings.access import get_adjudicator, get_place, get_study, studies_for
from ratings.around_forms import AdjudicatorForm
from ratings.models import Study
from ratings.views import act, staff


@require_GET
@staff
def monitor(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_study(signed_in(request), pk))


def _page(request: HttpRequest, study: Study, form: AdjudicatorForm | None = None) -> HttpResponse:
    context = {
        "study": study,
        "rows": monitor_queries.rater_rows(study),
        "now": timezone.now(),
        "adjudicators": study.adjudicators.select_related("user"),
        "adjudication": adjudication_queries.state(study),
        "n_unrated": adjudication_queries.n_unrated(study),
        "form": form or AdjudicatorForm(study=study),
    }
    return render(request, "ratings/monitor.html", context, status=422 if form else 200)


@require_POST
@staff
def name_adjudicator(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    study = get_study(user, pk)
    form = AdjudicatorForm(request.POST, study=study)
    if form.is_valid():
        try:
            adjudication_services.name_adjudicator(study=study, actor=user, **form.cleaned_data)
            messages.success(request, _("Named."))
            return redirect("ratings:monitor", pk=pk)
        except ValidationError as error:
            form.add_error(None, error.messages)
    return _page(request, study, form)


@require_POST
@staff
def dismiss_adjudicator(request: HttpRequest, pk: int) -> HttpResponse:
    adjudicator = get_adjudicator(signed_in(request), pk)
    return act(
        request, adjudicator.study_id,
        lambda _study, user: adjudication_services.dismiss_adjudicator(adjudicator=adjudicator, actor=user),
        _("They are asked no more."), back="ratings:monitor",
    )  # fmt: skip


@require_POST
@staff
def adjudicate(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    study = get_study(user, pk)
    try:
        messages.success(request, _told(adjudication_services.request_adjudication(study=study, actor=user)))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("ratings:monitor", pk=pk)


def _told(asked: adjudication_services.Asked) -> str:
    shown = ngettext(
        "%(n)d video is shown to an adjudicator.", "%(n)d videos are shown to adjudicators.", asked.n_shown
    ) % {"n": asked.n_shown}
    if not asked.n_without:
        return shown
    left = ngettext(
        "For %(n)d nobody is left who did not differ: name another rater.",
        "For %(n)d nobody is left who did not differ: name other raters.",
        asked.n_without,
    ) % {"n": asked.n_without}
    return f"{shown} {left}"


@require_GET
@staff
def calibration(request: HttpRequest, pk: int) -> HttpResponse:
    """Raters' agreement with reference cases, over all studies. A study that is not the reader's has no name here."""
    user = signed_in(request)
    study = get_study(user, pk)
    drifts = calibration_queries.drifts(study.places.select_related("rater"))
    shown = {one.study for drift in drifts for one in drift.agreements}
    own = set(studies_for(user).filter(pk__in=shown).values_list("pk", flat=True))
    context: dict[str, Any] = {"study": study, "drifts": drifts, "own": own}
    return render(request, "ratings/calibration.html", context)


@require_POST
@staff
def state_calibration(request: HttpRequest, pk: int) -> HttpResponse:
    place = get_place(signed_in(request), pk)
    return act(
        request, place.study_id,
        lambda _study, user: protocol_services.state_calibration(place=place, actor=user),
        _("The calibration record is saved."), back="ratings:references",
    )  # fmt: skip
