"""Pages of practice: its cases on the study's page, and the desk on which raters answer them."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.access import signed_in
from cohorts import links
from ratings import desk, practice_queries, practice_services, shown_files
from ratings.access import get_case_to_edit, get_practice, get_study
from ratings.desk_views import rater
from ratings.models import PracticeAnswer, PracticeCase
from ratings.practice_forms import PracticeForm
from ratings.views import act, staff, study_page


@require_POST
@staff
def add(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    study = get_study(user, pk)
    form = PracticeForm(request.POST, study=study, user=user)
    if not form.is_valid():
        return study_page(request, study, practice_form=form)
    try:
        practice_services.add_case(study=study, actor=user, **form.told())
    except ValidationError as error:
        form.add_error(None, error.messages)
        return study_page(request, study, practice_form=form)
    messages.success(request, _("Raters practise on it before they begin."))
    return redirect("ratings:study", pk=pk)


@require_POST
@staff
def remove(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    case = get_case_to_edit(signed_in(request), pk)
    return act(
        request, case.study_id,
        lambda _study, user: practice_services.remove_case(case=case, actor=user),
        _("The practice case is removed."),
    )  # fmt: skip


@require_GET
@rater
def practice(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The desk with a practice case. A reference is in it only where its item is answered."""
    user = signed_in(request)
    case = get_practice(user, pk)
    place = case.study.places.get(rater=user)
    answered = practice_queries.current_answers(case, place)
    items = _items(case, answered)
    cases = list(practice_queries.cases_of(case.study_id).order_by("position"))
    number = cases.index(case) + 1
    context = {
        "practice": True,
        "presentation": case,
        "video_route": "ratings:practice_video",
        "save": reverse("ratings-api:practice", args=[case.pk]),
        "previous": reverse("ratings:practice", args=[cases[number - 2].pk]) if number > 1 else "",
        "number": number,
        "total": len(cases),
        "explanation": next((entry["feedback"].explanation for entry in items if entry["feedback"]), ""),
        **desk.shown(case.study, case.recording, items),
    }
    return render(request, "ratings/desk.html", context)


def _items(case: PracticeCase, answered: dict[str, PracticeAnswer]) -> list[dict[str, Any]]:
    """Each item with its current answer and, where there is one, the reference."""
    return [
        {"item": item, "answer": answered.get(code), "feedback": practice_queries.feedback(case, code, answered)}
        for code, item in case.study.design.asked().items()
        if code in case.reference
    ]


@require_safe
@rater
def video(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """A copy with a name of its own, as those of presentations are."""
    case = get_practice(signed_in(request), pk)
    links.look(request, verb="practice.viewed", target=case)
    return shown_files.serve(request, storage_name=case.storage_name, shown_bytes=case.shown_bytes)
