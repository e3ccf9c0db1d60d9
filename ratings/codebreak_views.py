"""Pages of code-breaks."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import signed_in
from cohorts.models import Participant
from ratings import codebreak_services
from ratings.access import get_code_break, get_study
from ratings.forms import CodeBreakForm
from ratings.views import staff, study_page


@require_POST
@staff
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    study = get_study(user, pk)
    form = CodeBreakForm(request.POST)
    if not form.is_valid():
        return study_page(request, study, code_break_form=form)
    told = form.cleaned_data
    participant = Participant.objects.filter(cohort=study.cohort_id, code=told["participant"].strip()).first()
    if participant is None:
        form.add_error("participant", _("There is no participant with this code in the cohort."))
        return study_page(request, study, code_break_form=form)
    try:
        asked = codebreak_services.ask_code_break(
            study=study, participant=participant, reason=told["reason"], emergency=told["emergency"], actor=user
        )
    except ValidationError as error:
        form.add_error(None, error.messages)
        return study_page(request, study, code_break_form=form)
    return redirect("ratings:code_break", pk=asked.pk)


@require_GET
@staff
def code_break(request: HttpRequest, pk: int) -> HttpResponse:
    """Who asked and why; what was shown only when it is asked for again, which is an event."""
    user = signed_in(request)
    found = get_code_break(user, pk)
    context = {"code_break": found, "study": found.study, "own": found.asked_by_id == user.pk, "revealed": None}
    return render(request, "ratings/code_break.html", context)


@require_POST
@staff
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    found = get_code_break(user, pk)
    try:
        revealed = codebreak_services.read_code_break(code_break=found, actor=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("ratings:code_break", pk=pk)
    context = {"code_break": found, "study": found.study, "own": found.asked_by_id == user.pk, "revealed": revealed}
    return render(request, "ratings/code_break.html", context)


@require_POST
@staff
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    found = get_code_break(user, pk)
    try:
        codebreak_services.confirm_code_break(code_break=found, actor=user)
        messages.success(request, _("The code is broken: ratings of this participant that follow are marked."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("ratings:code_break", pk=pk)
