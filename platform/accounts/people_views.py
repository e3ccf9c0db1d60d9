"""Administrators' pages of people."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import invitation_services, queries, second_factor, services
from accounts.access import get_person, roles_required, signed_in
from accounts.forms import RoleForm
from accounts.models import Role, User
from frontend.queries import refuse_unknown_keys

administrator = roles_required(Role.ADMINISTRATOR)
PAGE = 100
PASSWORD_LINK_DAYS = 2


@require_GET
@administrator
def people(request: HttpRequest) -> HttpResponse:
    refuse_unknown_keys(request, ["page"])
    page = Paginator(queries.people(), PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/people.html", {"page": page})


@require_GET
@administrator
def person(request: HttpRequest, pk: int) -> HttpResponse:
    return _person_page(request, get_person(pk))


def _person_page(request: HttpRequest, person: User, **more: object) -> HttpResponse:
    context = {
        "person": person,
        "required": second_factor.is_required(person),
        "form": RoleForm(initial={"role": person.role}),
        "tokens": queries.tokens_of(person),
        "oneself": person.pk == signed_in(request).pk,
        **more,
    }
    return render(request, "accounts/person.html", context)


def _act(request: HttpRequest, pk: int, act: Callable[[User, User], object], done: str) -> HttpResponse:
    """Do one thing to an account and come back to its page, with what happened or why not."""
    try:
        act(get_person(pk), signed_in(request))
        messages.success(request, done)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("accounts:person", pk=pk)


@require_POST
@administrator
def change_role(request: HttpRequest, pk: int) -> HttpResponse:
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the roles."))
        return redirect("accounts:person", pk=get_person(pk).pk)
    role = Role(form.cleaned_data["role"])
    return _act(
        request,
        pk,
        lambda user, actor: services.change_role(user=user, role=role, actor=actor),
        _("The role is changed."),
    )


@require_POST
@administrator
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request, pk, lambda user, actor: services.deactivate_user(user=user, actor=actor), _("The account is closed.")
    )


@require_POST
@administrator
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request, pk, lambda user, actor: services.activate_user(user=user, actor=actor), _("The account is open again.")
    )


@require_POST
@administrator
def remove_factor(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(
        request,
        pk,
        lambda user, actor: services.remove_second_factor(user=user, actor=actor),
        _("The second factor is removed."),
    )


@require_POST
@administrator
def password_link(request: HttpRequest, pk: int) -> HttpResponse:
    """A link that sets a new password; it is in the answer to this form, and only there."""
    person = get_person(pk)
    _invitation, secret = invitation_services.make_invitation(
        role=Role(person.role), actor=signed_in(request), lifetime=timedelta(days=PASSWORD_LINK_DAYS), for_user=person
    )
    return _person_page(request, person, secret=request.build_absolute_uri(reverse("cohorts:join", args=[secret])))
