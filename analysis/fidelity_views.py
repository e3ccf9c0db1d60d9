"""Pages of fidelity: what renditions keep of the signs, and how little of who it is. Never for raters and judges."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import has_role, roles_required, signed_in
from accounts.models import Role, User
from analysis import fidelity_queries, measurement_services
from analysis.access import MEASURED_FOR, get_cohort_to_read, get_rendition_to_read
from analysis.models import Measurement
from cohorts.views import HTMX_STOP_POLLING
from deid.access import get_rendition

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
readers = roles_required(*MEASURED_FOR)


@require_GET
@readers
def rendition(request: HttpRequest, pk: int) -> HttpResponse:
    """Every metric of a rendition; while it is being measured the page asks for its fragment."""
    user = signed_in(request)
    rendition = get_rendition_to_read(user, pk)
    measurement: Measurement | None = getattr(rendition, "measurement", None)
    done = measurement is not None and measurement.state == Measurement.State.DONE
    context = {
        "rendition": rendition,
        "measurement": measurement,
        "fidelity": fidelity_queries.fidelity_of(measurement.report) if measurement and done else None,
        "staff": _is_staff(user),
    }
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "analysis/rendition_fidelity.html", context)
    waits = measurement is None or measurement.is_open
    return render(request, "analysis/_fidelity.html", context, status=200 if waits else HTMX_STOP_POLLING)


@require_GET
@readers
def cohort(request: HttpRequest, pk: int) -> HttpResponse:
    """Methods side by side over the released renditions of a cohort, and the renditions one by one."""
    user = signed_in(request)
    cohort = get_cohort_to_read(user, pk)
    measurements = fidelity_queries.released_measurements(cohort)
    context = {
        "cohort": cohort,
        "measurements": measurements,
        "fidelity": fidelity_queries.fidelity_by_method(measurements),
        "staff": _is_staff(user),
    }
    return render(request, "analysis/cohort_fidelity.html", context)


@require_POST
@roles_required(*STAFF)
def measure_again(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    rendition = get_rendition(user, pk)
    try:
        measurement_services.measure_again(rendition=rendition, actor=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("analysis:fidelity", pk=rendition.pk)


def _is_staff(user: User) -> bool:
    """Who may see participants' codes; investigators read results under pseudonyms."""
    return has_role(user, *STAFF)
