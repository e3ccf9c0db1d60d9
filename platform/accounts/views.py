"""Where a user lands after signing in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.access import signed_in
from accounts.models import Role

HOMES = {
    Role.COORDINATOR: "cohorts:list",
    Role.ADMINISTRATOR: "cohorts:list",
    Role.RATER: "ratings:desk",
    Role.INVESTIGATOR: "analysis:studies",
}


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Each role's own starting page; judges wait for their experiment here."""
    target = HOMES.get(Role(signed_in(request).role))
    return redirect(target) if target else render(request, "home/judge.html")
