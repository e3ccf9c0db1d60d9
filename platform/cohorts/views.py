"""Pages of coordinators."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts.access import roles_required, signed_in
from accounts.models import Role
from cohorts import links, media, queries, services, upload_services
from cohorts.access import get_cohort, get_recording, get_upload
from cohorts.forms import CohortForm, RecordingFilterForm, UploadForm
from cohorts.models import Cohort, Upload
from cohorts.upload_handler import DISK_FULL
from cohorts.upload_texts import TEXTS

staff = roles_required(Role.COORDINATOR, Role.ADMINISTRATOR)
HTMX_STOP_POLLING = 286
PAGE = 50  # rows of a page


@require_GET
@staff
def cohort_list(request: HttpRequest) -> HttpResponse:
    return render(request, "cohorts/list.html", {"cohorts": queries.cohort_list(signed_in(request))})


@require_http_methods(["GET", "POST"])
@staff
def cohort_new(request: HttpRequest) -> HttpResponse:
    form = CohortForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = signed_in(request)
        try:
            cohort = services.create_cohort(**form.cleaned_data, coordinators=[user], actor=user)
            return redirect("cohorts:cohort", pk=cohort.pk)
        except ValidationError as error:
            form.add_error(None, error.messages)
    return render(request, "cohorts/new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@staff
def cohort_page(request: HttpRequest, pk: int) -> HttpResponse:
    cohort = get_cohort(signed_in(request), pk)
    shown = RecordingFilterForm(request.GET)
    wanted = queries.RecordingFilter(**shown.cleaned_data) if shown.is_valid() else queries.RecordingFilter()
    pages = Paginator(queries.recordings_of(cohort, wanted), PAGE)
    context = {
        "cohort": cohort,
        "page": pages.get_page(request.GET.get("page")),
        "filter": shown,
        "filtered": wanted != queries.RecordingFilter(),
        "uploads": queries.recent_uploads(cohort),
    }
    return render(request, "cohorts/cohort.html", context)


@require_GET
@staff
def uploads(request: HttpRequest, pk: int) -> HttpResponse:
    """Several files at once, resumable; without JavaScript one file by a plain form."""
    return _uploads_page(request, get_cohort(signed_in(request), pk), UploadForm())


def _uploads_page(request: HttpRequest, cohort: Cohort, form: UploadForm) -> HttpResponse:
    context = {
        "cohort": cohort,
        "form": form,
        "unfinished": queries.unfinished_uploads(cohort, signed_in(request)),
        "most": settings.UPLOAD_MAX_BYTES,
        "idle": settings.UPLOAD_IDLE_SECONDS,
        "days": settings.UPLOAD_EXPIRE_DAYS,
        "codes": queries.codes_of(cohort),
        "texts": {name: str(text) for name, text in TEXTS.items()},
    }
    return render(request, "cohorts/uploads.html", context, status=422 if form.errors else 200)


@require_http_methods(["POST"])
@staff
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """The plain form: one file in one request."""
    user = signed_in(request)
    cohort = get_cohort(user, pk)
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        data = form.cleaned_data
        try:
            received = upload_services.receive_upload(
                cohort=cohort, code=data["code"], task=data["task"], content=data["video"], actor=user
            )
            return redirect("cohorts:upload_status", pk=received.pk)
        except ValidationError as error:
            form.add_error("video", error.messages)
    elif DISK_FULL in request.META:
        form.add_error(None, upload_services.disk_full())
    return _uploads_page(request, cohort, form)


@require_GET
@staff
def upload_status(request: HttpRequest, pk: int) -> HttpResponse:
    """The worker's verdict; the page asks for its fragment until there is one."""
    upload = get_upload(signed_in(request), pk)
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "cohorts/upload.html", {"upload": upload})
    status = 200 if upload.state == Upload.State.CHECKING else HTMX_STOP_POLLING
    return render(request, "cohorts/_upload.html", {"upload": upload}, status=status)


@require_safe
@staff
def recording_video(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The original: only by a link of this session; every look is an audit event."""
    recording = get_recording(signed_in(request), pk)
    if recording.participant.withdrawn_at is not None:
        raise Http404
    links.look(request, verb="original.viewed", target=recording)
    return media.serve(request, storage_name=recording.storage_name, n_bytes=recording.n_bytes)
