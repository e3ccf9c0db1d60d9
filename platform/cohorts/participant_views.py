"""Pages of participants: description, consent, withdrawal, and the circumstances of a recording."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import roles_required, signed_in
from accounts.models import Role
from cohorts import participant_services as services
from cohorts import queries, withdrawal
from cohorts.access import get_cohort, get_participant, get_recording
from cohorts.consent import current_consents
from cohorts.forms import CircumstancesForm, ConsentForm, DescriptionForm, ParticipantForm, WithdrawalForm
from cohorts.models import ClinicalState, Participant
from cohorts.views import PAGE, staff
from cohorts.vocabulary import Scope

coordinator = roles_required(Role.COORDINATOR)


@require_GET
@staff
def participants(request: HttpRequest, pk: int) -> HttpResponse:
    cohort = get_cohort(signed_in(request), pk)
    code = request.GET.get("code", "")[:20]
    pages = Paginator(queries.participants_of(cohort, code), PAGE)
    page = pages.get_page(request.GET.get("page"))
    return render(request, "cohorts/participants.html", {"cohort": cohort, "page": page, "code": code})


@require_http_methods(["GET", "POST"])
@staff
def participant_new(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    cohort = get_cohort(user, pk)
    form = ParticipantForm(_sent(request), initial={"code": queries.next_code(cohort)})
    form.instance.cohort = cohort
    if request.method == "POST" and form.is_valid():
        try:
            added = services.add_participant(cohort=cohort, actor=user, **form.cleaned_data)
            return redirect("cohorts:participant", pk=added.pk)
        except ValidationError as error:
            _tell(form, error)
    context = {"form": form, "cohort": cohort, "suggested": queries.next_code(cohort)}
    return render(request, "cohorts/participant_new.html", context, status=422 if form.errors else 200)


@require_GET
@staff
def participant(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_participant(signed_in(request), pk), ConsentForm())


def _page(request: HttpRequest, participant: Participant, form: ConsentForm) -> HttpResponse:
    newest = current_consents(participant)
    context = {
        "participant": participant,
        "recordings": participant.recordings.select_related("clinical").order_by("id"),
        "scopes": [{"scope": scope, "event": newest.get(scope)} for scope in Scope],
        "history": participant.consents.select_related("recorded_by"),
        "form": form,
    }
    return render(request, "cohorts/participant.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff
def participant_edit(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    participant = get_participant(user, pk)
    form = DescriptionForm(_sent(request), instance=participant)
    if request.method == "POST" and form.is_valid():
        try:
            services.describe_participant(participant=participant, actor=user, **form.cleaned_data)
            return redirect("cohorts:participant", pk=pk)
        except ValidationError as error:
            _tell(form, error)
    context = {"form": form, "participant": participant}
    return render(request, "cohorts/participant_edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["POST"])
@staff
def consent(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    participant = get_participant(user, pk)
    form = ConsentForm(request.POST)
    if form.is_valid():
        try:
            services.record_consent(participant=participant, actor=user, **form.cleaned_data)
            messages.success(request, _("The consent is recorded."))
            return redirect("cohorts:participant", pk=pk)
        except ValidationError as error:
            _tell(form, error)
    return _page(request, participant, form)


@require_http_methods(["GET", "POST"])
@staff
def circumstances(request: HttpRequest, pk: int) -> HttpResponse:
    """Age and clinical state at a recording; raters and judges never get them."""
    user = signed_in(request)
    recording = get_recording(user, pk)
    state = ClinicalState.objects.filter(recording=recording).first()
    form = CircumstancesForm(_sent(request), instance=state, initial=_initial(recording.age, state))
    if request.method == "POST" and form.is_valid():
        try:
            services.describe_recording(recording=recording, actor=user, **form.cleaned_data)
            return redirect("deid:recording", pk=pk)
        except ValidationError as error:
            _tell(form, error)
    context = {"form": form, "recording": recording}
    return render(request, "cohorts/circumstances.html", context, status=422 if form.errors else 200)


def _initial(age: int | None, state: ClinicalState | None) -> dict[str, Any]:
    stage = state.hoehn_yahr if state else None
    return {"age": age, "hoehn_yahr": "" if stage is None else f"{stage.normalize():f}"}


@require_http_methods(["GET", "POST"])
@coordinator
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """What will happen, the confirmation, and afterwards the receipt."""
    user = signed_in(request)
    participant = get_participant(user, pk)
    form = WithdrawalForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            withdrawal.withdraw_participant(participant=participant, actor=user, **form.cleaned_data)
            return redirect("cohorts:withdraw", pk=pk)
        except ValidationError as error:
            _tell(form, error)
    context: dict[str, Any] = {"participant": participant, "form": form}
    if participant.withdrawn_at is None:
        return render(
            request,
            "cohorts/withdraw.html",
            {**context, "plan": withdrawal.plan(participant), "exports": withdrawal.exports(participant)},
            status=422 if form.errors else 200,
        )
    receipt = participant.withdrawal
    context |= {"receipt": receipt, "settles_at": withdrawal.settles_at(receipt)}
    return render(request, "cohorts/receipt.html", context, status=422 if form.errors else 200)


def _sent(request: HttpRequest) -> QueryDict | None:
    """What a form was filled with; an empty one was sent too."""
    return request.POST if request.method == "POST" else None


def _tell(form: BaseForm, error: ValidationError) -> None:
    """A rule that was broken, beside its field where the form has one."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error.messages)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
