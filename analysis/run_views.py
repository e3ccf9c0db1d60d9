"""Pages of runs: how far one is, what it was computed from, and what it found to take home."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.access import roles_required, signed_in
from analysis import report_services, run_export, run_services
from analysis.access import MEASURED_FOR, READERS, get_run_to_read, get_study_to_read
from analysis.run_kinds import AGREEMENT, kind_of
from analysis.run_models import Run
from analysis.run_queries import report_of
from cohorts.views import HTMX_STOP_POLLING

FORM_NAMES = {"parquet": "Parquet"}  # the others are abbreviations

readers = roles_required(*MEASURED_FOR)


@require_GET
@readers
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """A run's progress, and how it was computed; the page asks for its fragment until run and report are over."""
    run = get_run_to_read(signed_in(request), pk)
    kind = kind_of(run.kind)
    reported, report = run.state == Run.State.DONE and kind.report is not None, report_of(run)
    working = run.is_open or (reported and (report is None or report.is_open))
    taken = {
        FORM_NAMES.get(form, form.upper()): reverse(f"analysis:run_{form}", args=[run.pk]) for form in run_export.FORMS
    }
    context = {
        "run": run, "kind": kind, "found": reverse(kind.route, args=[run.pk]), "taken": taken, "working": working,
        "reported": reported, "report": report,
    }  # fmt: skip
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "analysis/run.html", context)
    return render(request, "analysis/_run.html", context, status=200 if working else HTMX_STOP_POLLING)


@require_POST
@roles_required(*READERS)
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the agreement of a closed study, of everybody or of some participants."""
    user = signed_in(request)
    study = get_study_to_read(user, pk)
    asked = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    try:
        run = run_services.request_run(kind=AGREEMENT, study=study, parameters=asked, actor=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("analysis:study", pk=study.pk)
    return redirect("analysis:run", pk=run.pk)


@require_POST
@readers
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    run = get_run_to_read(user, pk)
    try:
        run_services.cancel_run(run=run, actor=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("analysis:run", pk=run.pk)


@require_POST
@roles_required(*READERS)
def report_again(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    run = get_run_to_read(user, pk)
    try:
        report_services.make_again(run=run, actor=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("analysis:run", pk=run.pk)


@require_GET
@readers
def export(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """What was found, as JSON, CSV or Parquet; each is in the log, and called back when a participant withdraws."""
    user = signed_in(request)
    run = get_run_to_read(user, pk)
    if run.state != Run.State.DONE:
        raise PermissionDenied
    run_services.take_run(run=run, reader=user, form=form)
    response = HttpResponse(run_export.export_of(run, form), content_type=run_export.FORMS[form])
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}.{form}"'
    return response
