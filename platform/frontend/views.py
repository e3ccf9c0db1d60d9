"""Pages that belong to no application: home, the glossary, and the living page of the design."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.access import has_role, signed_in
from accounts.models import Role
from frontend.glossary import TERMS
from frontend.samples import SAMPLES
from frontend.waiting import waiting_for


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What waits for the user. Raters have nothing but their desk, whose first page says that."""
    user = signed_in(request)
    if has_role(user, Role.RATER):
        return redirect("ratings:desk")
    kinds = waiting_for(user)
    asking = [kind for kind in kinds if kind.action]
    context = {
        "asking": asking,
        "going_on": [kind for kind in kinds if not kind.action],
        "action": asking[0].action if asking else None,
    }
    return render(request, "frontend/home.html", context)


@require_GET
def glossary(request: HttpRequest) -> HttpResponse:
    return render(request, "frontend/glossary.html", {"terms": TERMS})


@require_GET
@csp_replace({"style-src": [SELF, UNSAFE_INLINE]})  # Plotly sets styles; scripts stay strict
def style(request: HttpRequest) -> HttpResponse:
    """Every component, for those who build pages; not there in production."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "frontend/style.html", SAMPLES)
