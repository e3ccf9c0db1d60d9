"""Who reads a study's results, kept on the study's page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import roles_required, signed_in
from accounts.models import Role
from ratings import member_services
from ratings.access import get_study, get_study_member
from ratings.forms import MemberForm
from ratings.views import study_page

staff = roles_required(Role.COORDINATOR, Role.ADMINISTRATOR)


@require_POST
@staff
def add_member(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    study = get_study(user, pk)
    form = MemberForm(request.POST, study=study)
    if not form.is_valid():
        return study_page(request, study, member_form=form)
    member_services.add_member(study=study, user=form.cleaned_data["user"], actor=user)
    messages.success(request, _("Added."))
    return redirect("ratings:study", pk=pk)


@require_POST
@staff
def remove_member(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    member = get_study_member(user, pk)
    member_services.remove_member(member=member, actor=user)
    messages.success(request, _("Removed."))
    return redirect("ratings:study", pk=member.study_id)
