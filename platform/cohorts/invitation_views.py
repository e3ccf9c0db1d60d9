"""Inviting, and being invited."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import get_invitation, roles_required, signed_in
from accounts.forms import JoinForm, NewPasswordForm
from accounts.invitation_services import CannotBeUsed, find_invitation, revoke_invitation
from accounts.models import Invitation, Role
from accounts.queries import invitations_for
from cohorts import invitation_services
from cohorts.forms import InvitationForm
from frontend.queries import refuse_unknown_keys

staff = roles_required(Role.COORDINATOR, Role.ADMINISTRATOR)
PAGE = 100


@require_http_methods(["GET", "POST"])
@staff
def invitations(request: HttpRequest) -> HttpResponse:
    """Invitations and the form for another; a new one's link is in the answer to the form, and only there."""
    refuse_unknown_keys(request, ["page"])
    user, link = signed_in(request), ""
    form = InvitationForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            _invitation, secret = invitation_services.invite(
                role=Role(data["role"]), actor=user, lifetime=form.lifetime, label=data["label"],
                cohort=data.get("cohort"),
            )  # fmt: skip
            link = request.build_absolute_uri(reverse("cohorts:join", args=[secret]))
            form = InvitationForm(user=user)
        except ValidationError as error:
            form.add_error(None, error.messages)
    shown = invitations_for(user).select_related("place__cohort", "made_by", "used_by", "for_user")
    context = {"form": form, "secret": link, "page": Paginator(shown, PAGE).get_page(request.GET.get("page"))}
    return render(request, "cohorts/invitations.html", context, status=422 if form.errors else 200)


@require_POST
@staff
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    try:
        revoke_invitation(invitation=get_invitation(user, pk), actor=user)
        messages.success(request, _("Revoked: the link opens nothing any more."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("cohorts:invitations")


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@login_not_required
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """The page behind a link: choose a name and a password, or only a password. Good once."""
    try:
        invitation = find_invitation(secret)
        if request.user.is_authenticated:
            raise CannotBeUsed(_("You are signed in. Sign out first, then open the link again."), known=True)
        form = _join_form(request, invitation)
        if request.method == "POST" and form.is_valid():
            data = {name: value for name, value in form.cleaned_data.items() if name != "again"}
            try:
                invitation_services.join(secret=secret, **data)
                messages.success(request, _("Done. Now sign in."))
                return redirect("account_login")
            except ValidationError as error:
                _tell(form, error)
    except CannotBeUsed as error:
        return render(request, "cohorts/join_refused.html", {"reason": str(error)}, status=410 if error.known else 404)
    context = {"form": form, "invitation": invitation}
    return render(request, "cohorts/join.html", context, status=422 if form.errors else 200)


def _join_form(request: HttpRequest, invitation: Invitation) -> forms.Form:
    kind = JoinForm if invitation.for_user is None else NewPasswordForm
    return kind(request.POST if request.method == "POST" else None)


def _tell(form: forms.Form, error: ValidationError) -> None:
    """Beside the field where there is one: a taken name is the name's fault, the rest the password's."""
    if not hasattr(error, "error_dict"):
        form.add_error("password", error.messages)
        return
    for field, told in error.message_dict.items():
        form.add_error(field if field in form.fields else None, told)
