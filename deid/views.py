"""Pages: a recording with its renditions, jobs, and the review of a rendition."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.access import roles_required, signed_in
from accounts.models import Role
from cohorts import links, media
from cohorts.access import get_recording
from cohorts.models import ClinicalState, Recording
from cohorts.views import HTMX_STOP_POLLING
from deid import queries, services
from deid.access import get_job, get_rendition
from deid.algorithms.registry import get_method
from deid.forms import DecisionForm, JobForm, ReviewForm
from deid.models import Rendition

staff = roles_required(Role.COORDINATOR, Role.ADMINISTRATOR)


@require_GET
@staff
def recording(request: HttpRequest, pk: int) -> HttpResponse:
    """Facts, jobs and renditions of a recording. The face itself is shown only when asked for."""
    user = signed_in(request)
    return _recording_page(request, get_recording(user, pk), JobForm(user=user))


def _recording_page(request: HttpRequest, recording: Recording, form: JobForm) -> HttpResponse:
    context = {
        "recording": recording,
        "clinical": ClinicalState.objects.filter(recording=recording).first(),
        "jobs": queries.jobs_of(recording),
        "form": form,
        "watch": "watch" in request.GET,
    }
    return render(request, "deid/recording.html", context, status=422 if form.errors else 200)


@require_POST
@staff
def request_job(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    recording = get_recording(user, pk)
    form = JobForm(request.POST, user=user)
    if not form.is_valid():
        return _recording_page(request, recording, form)
    try:
        job = services.request_job(recording=recording, actor=user, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error.messages)
        return _recording_page(request, recording, form)
    return redirect("deid:job", pk=job.pk)


@require_GET
@staff
def jobs(request: HttpRequest) -> HttpResponse:
    return render(request, "deid/jobs.html", {"jobs": queries.job_list(signed_in(request))})


@require_GET
@staff
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """A job's progress; the page asks for its fragment until the job is over."""
    job = get_job(signed_in(request), pk)
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "deid/job.html", {"job": job})
    return render(request, "deid/_job.html", {"job": job}, status=200 if job.is_open else HTMX_STOP_POLLING)


@require_POST
@staff
def cancel_job(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    job = get_job(user, pk)
    try:
        services.cancel_job(job=job, actor=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("deid:job", pk=job.pk)


@require_GET
@staff
def review(request: HttpRequest, pk: int) -> HttpResponse:
    return _review_page(request, get_rendition(signed_in(request), pk), ReviewForm())


def _review_page(request: HttpRequest, rendition: Rendition, form: ReviewForm, status: int = 200) -> HttpResponse:
    context = {
        "rendition": rendition,
        "form": form,
        "strip": queries.strip(rendition),
        "withheld": queries.withheld_runs(rendition),
        "n_waiting": queries.frames_waiting(rendition),
        "counts": rendition.certificate.get("counts", {}),
        "releasable": get_method(rendition.method).releasable,
        **queries.replaced(rendition),
    }
    return render(request, "deid/review.html", context, status=status)


@require_safe
@staff
def rendition_video(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A rendition under review shows what may have failed: looks at it are audited too."""
    rendition = get_rendition(signed_in(request), pk)
    if rendition.state == Rendition.State.VOID:
        raise Http404
    links.look(request, verb="rendition.viewed", target=rendition)
    return media.serve(request, storage_name=rendition.storage_name, n_bytes=rendition.n_bytes)


@require_POST
@staff
def export_rendition(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file of a released rendition, to be shared outside; noted for recall."""
    user = signed_in(request)
    rendition = get_rendition(user, pk)
    try:
        rendition = services.export_rendition(rendition=rendition, actor=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("deid:review", pk=rendition.pk)
    served = media.serve(request, storage_name=rendition.storage_name, n_bytes=rendition.n_bytes)
    served["Content-Disposition"] = f'attachment; filename="rendition-{rendition.pk}.mp4"'
    return served


def _act(request: HttpRequest, rendition: Rendition, act: Callable[[], object], done: str) -> HttpResponse:
    """Do one thing to a rendition and come back to its page, with what happened or why not."""
    try:
        act()
        messages.success(request, done)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("deid:review", pk=rendition.pk)


@require_POST
@staff
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    rendition = get_rendition(user, pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _review_page(request, rendition, ReviewForm(), status=422)
    return _act(
        request,
        rendition,
        lambda: services.decide_frames(rendition=rendition, reviewer=user, **form.cleaned_data),
        _("The decision is kept."),
    )


@require_POST
@staff
def keep_masked(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    rendition = get_rendition(user, pk)
    return _act(
        request,
        rendition,
        lambda: services.keep_all_masked(rendition=rendition, reviewer=user),
        _("All withheld frames stay masked."),
    )


@require_POST
@staff
def render_again(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    rendition = get_rendition(user, pk)
    try:
        job = services.render_again(rendition=rendition, reviewer=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("deid:review", pk=rendition.pk)
    return redirect("deid:job", pk=job.pk)


@require_POST
@staff
def release(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide_rendition(request, pk, services.release_rendition)


@require_POST
@staff
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide_rendition(request, pk, services.reject_rendition)


def _decide_rendition(request: HttpRequest, pk: int, service: Callable[..., Rendition]) -> HttpResponse:
    user = signed_in(request)
    rendition = get_rendition(user, pk)
    form = ReviewForm(request.POST)
    if form.is_valid():
        try:
            service(rendition=rendition, reviewer=user, note=form.cleaned_data["note"])
            return redirect("deid:review", pk=rendition.pk)
        except ValidationError as error:
            form.add_error("note" if hasattr(error, "error_dict") else None, error.messages)
    return _review_page(request, rendition, form, status=422)
