"""The page of a cohort's members."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import roles_required, signed_in
from accounts.models import Role
from cohorts import membership_services
from cohorts.access import get_cohort, get_membership
from cohorts.forms import MemberForm

staff = roles_required(Role.COORDINATOR, Role.ADMINISTRATOR)


@require_http_methods(["GET", "POST"])
@staff
def members(request: HttpRequest, pk: int) -> HttpResponse:
    """Who cares for the cohort, and the form that adds another."""
    user = signed_in(request)
    cohort = get_cohort(user, pk)
    form = MemberForm(request.POST if request.method == "POST" else None, cohort=cohort)
    if request.method == "POST" and form.is_valid():
        membership_services.add_member(cohort=cohort, user=form.cleaned_data["user"], actor=user)
        messages.success(request, _("Added."))
        return redirect("cohorts:members", pk=pk)
    context = {"cohort": cohort, "form": form, "memberships": cohort.memberships.select_related("user", "added_by")}
    return render(request, "cohorts/members.html", context, status=422 if form.errors else 200)


@require_POST
@staff
def remove_member(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    membership = get_membership(user, pk)
    try:
        membership_services.remove_member(membership=membership, actor=user)
        messages.success(request, _("Removed."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    if membership.user_id == user.pk and user.role == Role.COORDINATOR:
        return redirect("cohorts:list")
    return redirect("cohorts:members", pk=membership.cohort_id)
