"""Pages of signatures: a rater signs and unlocks a session; a coordinator unlocks one."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import signed_in
from accounts.forms import IdentityForm
from ratings import signing_services
from ratings.access import get_session, get_signature
from ratings.desk_views import rater
from ratings.forms import ReasonForm
from ratings.views import act, staff


@require_http_methods(["GET", "POST"])
@rater
def sign(request: HttpRequest, pk: int, session: int) -> HttpResponse:
    """What is signed, and the password for it. A signed session shows its signature, and how to unlock it."""
    user = signed_in(request)
    found = get_session(user, pk, session)
    form = IdentityForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            signing_services.sign_session(
                study=found.study, session=found.number, rater=user, second_factor="code" in form.fields
            )
            messages.success(request, _("Session %(n)d is signed and locked.") % {"n": found.ordinal})
            return redirect("ratings:desk")
        except ValidationError as error:
            form.add_error(None, error.messages)
    context = {"session": found, "form": form, "meaning": signing_services.meaning(), "reason_form": ReasonForm()}
    return render(request, "ratings/sign.html", context, status=422 if form.errors else 200)


@require_POST
@rater
def unlock(request: HttpRequest, pk: int, session: int) -> HttpResponse:
    user = signed_in(request)
    found = get_session(user, pk, session)
    form = ReasonForm(request.POST)
    if found.signature is None or not form.is_valid():
        messages.error(request, _("Say why the session is unlocked."))
        return redirect("ratings:sign", pk=pk, session=session)
    try:
        signing_services.void_signature(signature=found.signature, reason=form.cleaned_data["reason"], actor=user)
        messages.success(
            request, _("Session %(n)d is unlocked. Sign it again when you are done.") % {"n": found.ordinal}
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("ratings:desk")


@require_POST
@staff
def void(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    signature = get_signature(user, pk)
    reason = request.POST.get("reason", "")[:300]
    return act(
        request,
        signature.place.study_id,
        lambda study, actor: signing_services.void_signature(signature=signature, reason=reason, actor=actor),
        _("The session is unlocked: its rater can change answers and signs again."),
    )
