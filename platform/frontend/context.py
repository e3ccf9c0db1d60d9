"""What the base template knows."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

STAFF = ("coordinator", "administrator")
# (route, label, roles that see it, what else belongs to it: whole namespaces or single routes)
LINKS = [
    ("cohorts:list", _("Cohorts"), STAFF, ("cohorts", "deid:recording", "deid:request_job")),
    ("deid:jobs", _("Jobs"), STAFF, ("deid",)),
    ("deid:donors", _("Donors"), STAFF, ("deid:donors",)),
    ("ratings:studies", _("Studies"), STAFF, ("ratings",)),
    ("ratings:desk", _("Rating"), ("rater",), ("ratings",)),
    ("analysis:studies", _("Results"), ("investigator", "administrator"), ("analysis",)),
    ("accounts:people", _("People"), ("administrator",), ("accounts:people", "accounts:person", "cohorts:invitations")),
    ("cohorts:invitations", _("Invitations"), ("coordinator",), ("cohorts:invitations",)),
    ("audit:events", _("Audit"), ("administrator",), ("audit",)),
]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Links of the signed-in user's role, the one where this page belongs marked."""
    role = getattr(getattr(request, "user", None), "role", None)
    match = request.resolver_match
    shown = [(route, label, parts) for route, label, roles, parts in LINKS if role in roles]
    here = next((route for route, _label, parts in shown if match and match.view_name in parts), None)
    here = here or next((route for route, _label, parts in shown if match and match.namespace in parts), None)
    return {"navigation": [{"route": route, "label": label, "here": route == here} for route, label, _p in shown]}
