"""The log, for administrators."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import roles_required
from accounts.models import Role
from audit.models import Event


@require_GET
@roles_required(Role.ADMINISTRATOR)
def events(request: HttpRequest) -> HttpResponse:
    return render(request, "audit/events.html", {"events": Event.objects.select_related("actor")[:200]})
