"""Reads and rules of consent: what participants agree to now. The newest event of a scope holds."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from cohorts.keys import validate_not_withdrawn
from cohorts.models import ConsentEvent, Participant
from cohorts.vocabulary import Scope


def current_consents(participant: Participant) -> dict[Scope, ConsentEvent]:
    """The newest event of each scope that has one, given or taken back."""
    newest = participant.consents.select_related("recorded_by").order_by("scope", "-id").distinct("scope")
    return {Scope(event.scope): event for event in newest}


def given_scopes(participant: Participant) -> set[Scope]:
    return {scope for scope, event in current_consents(participant).items() if event.given}


def consenting(scope: Scope) -> QuerySet[Participant]:
    """All participants who agree to this now."""
    newest = ConsentEvent.objects.filter(participant=OuterRef("pk"), scope=scope).order_by("-id").values("given")[:1]
    return Participant.objects.annotate(agrees=Subquery(newest)).filter(agrees=True, withdrawn_at__isnull=True)


def validate_consent(participant: Participant, scope: Scope) -> None:
    """Refuse what the participant has not agreed to, and say what to do."""
    validate_not_withdrawn(participant)
    if not consenting(scope).filter(pk=participant.pk).exists():
        raise ValidationError(
            _("%(code)s has no consent for “%(scope)s”. Record the signed consent on the participant's page first.")
            % {"code": participant.code, "scope": scope.label},
            code=f"no_consent_{scope.value}",
        )


def validate_consent_change(participant: Participant, scope: Scope, *, given: bool, on: date) -> None:
    """A consent is given anew at any time; only one that holds can be taken back, and not before it was given."""
    validate_not_withdrawn(participant)
    if given:
        return
    event = current_consents(participant).get(scope)
    if event is None or not event.given:
        raise ValidationError(
            _("There is no consent for “%(scope)s” that could be taken back.") % {"scope": scope.label},
            code="nothing_to_take_back",
        )
    if on < event.on:
        raise ValidationError(
            _("The consent for “%(scope)s” was given on %(given)s: it cannot be taken back on %(on)s, before that.")
            % {"scope": scope.label, "given": event.on, "on": on},
            code="taken_back_too_early",
        )
