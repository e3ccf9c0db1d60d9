"""Pages of a study's design: the protocol with its simulation, exclusions, calibration, packs, and late changes."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import signed_in
from ratings import amendment_services, protocol_services, simulation
from ratings.access import get_exclusion, get_place, get_study, get_version
from ratings.forms import (
    CalibrationForm,
    CopyForm,
    ExclusionForm,
    LateRaterForm,
    ProtocolForm,
    ReasonForm,
    SimulationForm,
)
from ratings.models import Study
from ratings.validators import validate_state
from ratings.views import act, staff, study_page


@require_http_methods(["GET", "POST"])
@staff
def protocol(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole protocol as one form; once it is frozen the study's page shows it."""
    user = signed_in(request)
    study = get_study(user, pk)
    if study.state != Study.State.DRAFT:
        messages.info(request, _("The protocol is frozen: changes are made on this page, each with its reason."))
        return redirect("ratings:study", pk=pk)
    form = ProtocolForm(request.POST or None, request.FILES or None, study=study)
    if request.method == "POST" and form.is_valid():
        try:
            protocol_services.change_protocol(study=study, actor=user, **form.changes())
            messages.success(request, _("The protocol is saved."))
            return redirect("ratings:protocol", pk=pk)
        except ValidationError as error:
            form.add_error(None, error)
    return _protocol_page(request, study, form, SimulationForm(initial=study.design.simulation))


def _protocol_page(
    request: HttpRequest, study: Study, form: ProtocolForm, simulation_form: SimulationForm
) -> HttpResponse:
    context = {"study": study, "form": form, "simulation_form": simulation_form, "simulation": study.design.simulation}
    status = 422 if form.errors or simulation_form.errors else 200
    return render(request, "ratings/protocol.html", context, status=status)


@require_POST
@staff
def simulate(request: HttpRequest, pk: int) -> HttpResponse:
    """Power of the drafted design for several numbers of participants; kept in the protocol."""
    user = signed_in(request)
    study = get_study(user, pk)
    form = SimulationForm(request.POST)
    if not form.is_valid() and study.state == Study.State.DRAFT:
        return _protocol_page(request, study, ProtocolForm(study=study), form)
    try:
        validate_state(study, Study.State.DRAFT)
        result = simulation.simulate(study, **form.cleaned_data)
        protocol_services.change_protocol(study=study, actor=user, simulation=result)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("ratings:protocol", pk=pk)


@require_POST
@staff
def exclude(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study(signed_in(request), pk)
    form = ExclusionForm(request.POST, study=study)
    if not form.is_valid():
        return study_page(request, study, exclusion_form=form)
    return act(
        request, pk,
        lambda study, user: protocol_services.exclude_recording(study=study, actor=user, **form.cleaned_data),
        _("Excluded."),
    )  # fmt: skip


@require_POST
@staff
def include(request: HttpRequest, pk: int) -> HttpResponse:
    exclusion = get_exclusion(signed_in(request), pk)
    return act(
        request, exclusion.study_id,
        lambda _study, user: protocol_services.include_recording(exclusion=exclusion, actor=user),
        _("The exclusion is taken back."),
    )  # fmt: skip


@require_POST
@staff
def calibration(request: HttpRequest, pk: int) -> HttpResponse:
    place = get_place(signed_in(request), pk)
    form = CalibrationForm(request.POST)
    text = form.cleaned_data["calibration"] if form.is_valid() else ""
    return act(
        request, place.study_id,
        lambda _study, user: protocol_services.record_calibration(place=place, calibration=text, actor=user),
        _("The calibration record is saved."),
    )  # fmt: skip


@require_GET
@staff
def pack(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """A version's pack: the JSON that was hashed, or the pages made of it."""
    version = get_version(signed_in(request), pk)
    body = bytes(version.pdf) if kind == "pdf" else version.content.encode()
    response = HttpResponse(body, content_type="application/pdf" if kind == "pdf" else "application/json")
    name = f"study-{version.study_id}-protocol-{version.number}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@staff
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    study = get_study(user, pk)
    form = CopyForm(request.POST)
    if not form.is_valid():
        return study_page(request, study, copy_form=form)
    try:
        made = amendment_services.copy_study(study=study, name=form.cleaned_data["name"], actor=user)
    except ValidationError as error:
        form.add_error(None, error.messages)
        return study_page(request, study, copy_form=form)
    messages.success(request, _("This is the copy."))
    return redirect("ratings:study", pk=made.pk)


@require_POST
@staff
def late_rater(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study(signed_in(request), pk)
    form = LateRaterForm(request.POST, study=study)
    return _amend(request, study, form, "late_rater_form", amendment_services.add_rater, _("The rater can begin."))


@require_POST
@staff
def late_recordings(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study(signed_in(request), pk)
    form = ReasonForm(request.POST)
    told = _("The recordings wait behind all others.")
    return _amend(request, study, form, "late_form", amendment_services.add_recordings, told)


def _amend(request: HttpRequest, study: Study, form: Any, name: str, service: Any, done: str) -> HttpResponse:
    if not form.is_valid():
        return study_page(request, study, **{name: form})
    return act(request, study.pk, lambda study, user: service(study=study, actor=user, **form.cleaned_data), done)
