"""What the base template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

STAFF = ("coordinator", "administrator")
FIDELITY = (
    "analysis:methods", "analysis:dynamics", "analysis:identity", "analysis:player", "analysis:cohort_fidelity",
    "analysis:fidelity", "analysis:measure_again",
)  # fmt: skip
TRAININGS = ("deid:trainings", "deid:training_new", "deid:training")
EXPERIMENTS = ("ratings:experiments", "ratings:experiment_new", "ratings:experiment", "ratings:experiment_protocol")
# (route, label, roles that see it, what else belongs to it: whole namespaces or single routes)
LINKS = [
    ("home", _("Home"), (*STAFF, "judge", "investigator"), ("home",)),
    ("cohorts:list", _("Cohorts"), STAFF, ("cohorts", "deid:recording", "deid:request_job")),
    ("deid:jobs", _("Jobs"), STAFF, ("deid",)),
    ("deid:donors", _("Donors"), STAFF, ("deid:donors",)),
    ("ratings:studies", _("Studies"), STAFF, ("ratings",)),
    ("ratings:experiments", _("Experiments"), STAFF, EXPERIMENTS),
    ("ratings:desk", _("Rating"), ("rater",), ("ratings",)),
    ("ratings:judging", _("Trials"), ("judge",), ("ratings",)),
    ("analysis:methods", _("Fidelity"), (*STAFF, "investigator"), FIDELITY),
    ("analysis:studies", _("Results"), ("investigator", "administrator"), ("analysis",)),
    ("accounts:people", _("People"), ("administrator",), ("accounts:people", "accounts:person", "cohorts:invitations")),
    ("cohorts:invitations", _("Invitations"), ("coordinator",), ("cohorts:invitations",)),
    ("deid:weights", _("Models"), ("administrator",), ("deid:weights", *TRAININGS)),
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


def languages(request: HttpRequest) -> dict[str, Any]:
    """The other languages to read this in, and where to come back to: this page, where it can be asked for again."""
    # An answer to a request that was refused at the door has no language of its own.
    said = getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE)
    others = [(code, name) for code, name in settings.LANGUAGES if code != said]
    return {"languages": others, "language_next": request.get_full_path() if request.method == "GET" else ""}
