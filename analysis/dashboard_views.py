"""Dashboards of fidelity: methods side by side, dynamics, identity. About videos alone; never for raters and judges."""

from collections.abc import Callable, Collection, Iterator
from typing import Any, cast

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.access import View, has_role, roles_required, signed_in
from accounts.models import Role
from analysis import dynamics_figures, identity_figures, scatter_figures
from analysis.access import MEASURED_FOR
from analysis.algorithms.fidelity.fitness import ITEMS, LEAST
from analysis.dashboard_columns import BODY, GROUPS, SPEED
from analysis.dashboard_form import FidelityFilter
from analysis.dashboard_methods import PATHS, method_rows, table
from analysis.dashboard_rows import Shown, shown
from frontend.queries import refuse_unknown_keys

STAFF = (Role.COORDINATOR, Role.ADMINISTRATOR)
readers = roles_required(*MEASURED_FOR)
Tell = Callable[[Shown], dict[str, Any]]
METHODS_READ = {*PATHS, *scatter_figures.READ} - {SPEED}
DYNAMICS_READ = {*dynamics_figures.READ, *(column.path for column in BODY)}


def _dashboard(request: HttpRequest, template: str, title: str, paths: Collection[str], tell: Tell) -> HttpResponse:
    """A dashboard of what the filter in the address leaves; `paths` are what it looks at in reports."""
    user = signed_in(request)
    refuse_unknown_keys(request, FidelityFilter.base_fields)
    form = FidelityFilter(request.GET, user=user)
    context: dict[str, Any] = {"title": title, "form": form, "tabs": _tabs(request), "asked": bool(request.GET)}
    if not form.is_valid():  # all are choices: nobody can ask for another by the page
        raise BadRequest("the address asks for what cannot be chosen here")
    found = shown(user, form.condition(), codes=has_role(user, *STAFF), paths=paths)
    return render(request, template, context | {"shown": found, **tell(found)})


def _tabs(request: HttpRequest) -> Iterator[dict[str, Any]]:
    """The dashboards, each with the filter of this one."""
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    here = request.resolver_match.view_name if request.resolver_match else ""
    for route, label in (
        ("analysis:methods", _("Methods")), ("analysis:dynamics", _("Dynamics")), ("analysis:identity", _("Identity")),
    ):  # fmt: skip
        yield {"label": label, "address": reverse(route) + query, "here": route == here}


# Plotly sets styles; scripts stay strict.
figure_page = cast(Callable[[View], View], csp_replace({"style-src": [SELF, UNSAFE_INLINE]}))


@require_GET
@readers
@figure_page
def methods(request: HttpRequest) -> HttpResponse:
    """Methods as rows, what they keep and hide as columns, and which items each is fit for."""

    def tell(found: Shown) -> dict[str, Any]:
        rows = method_rows(found)
        figures = list(scatter_figures.compared(found.by_method, rows))
        return {"rows": rows, "groups": list(GROUPS), "items": ITEMS, "least": LEAST, "figures": figures}

    return _dashboard(request, "analysis/dashboard_methods.html", _("Methods side by side"), METHODS_READ, tell)


@require_GET
@readers
@figure_page
def dynamics(request: HttpRequest) -> HttpResponse:
    """What renditions keep of motion: maps, correlations, amplitude, blinks, tremor, body, pulse."""

    def tell(found: Shown) -> dict[str, Any]:
        return {
            "figures": list(dynamics_figures.figures(found.by_method)),
            "body": list(table(found.by_method, BODY)), "body_heads": [column.label for column in BODY],
        }  # fmt: skip

    return _dashboard(request, "analysis/dashboard_figures.html", _("Dynamics"), DYNAMICS_READ, tell)


@require_GET
@readers
@figure_page
def identity(request: HttpRequest) -> HttpResponse:
    """How little renditions tell of who somebody is."""

    def tell(found: Shown) -> dict[str, Any]:
        return {"figures": list(identity_figures.figures(found.by_method))}

    return _dashboard(request, "analysis/dashboard_figures.html", _("Identity"), identity_figures.READ, tell)
