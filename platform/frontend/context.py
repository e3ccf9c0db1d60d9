"""What the base template knows."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

# (route, label, roles that see it). Route names are resolved by the template.
LINKS = [
    ("cohorts:list", _("Cohorts"), ("coordinator", "administrator")),
    ("deid:jobs", _("Jobs"), ("coordinator", "administrator")),
    ("ratings:studies", _("Studies"), ("coordinator", "administrator")),
    ("ratings:desk", _("Rating"), ("rater",)),
    ("analysis:studies", _("Results"), ("investigator", "administrator")),
    ("audit:events", _("Audit"), ("administrator",)),
]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Links of the signed-in user's role."""
    role = getattr(getattr(request, "user", None), "role", None)
    return {"navigation": [{"route": route, "label": label} for route, label, roles in LINKS if role in roles]}
