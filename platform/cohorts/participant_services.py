"""Writes to participants, their consents, and what is known of a recording's circumstances."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from cohorts.consent import validate_consent_change
from cohorts.holdings import holdings
from cohorts.keys import lock, validate_not_withdrawn
from cohorts.models import ClinicalState, Cohort, ConsentEvent, Participant, Recording
from cohorts.validators import pooled_age, validate_age
from cohorts.vocabulary import Scope


@transaction.atomic
def add_participant(*, cohort: Cohort, actor: User | None, **facts: Any) -> Participant:
    participant = Participant(cohort=cohort, **facts)
    participant.full_clean()
    participant.save()
    audit.record(actor=actor, verb="participant.added", target=participant)
    return participant


@transaction.atomic
def describe_participant(*, participant: Participant, sex: str, diagnosis: str, site: str, actor: User) -> Participant:
    """Change what is known of a participant; the code stays, since papers outside name it."""
    participant = lock(participant)
    validate_not_withdrawn(participant)
    participant.sex, participant.diagnosis, participant.site = sex, diagnosis, site
    participant.full_clean()
    participant.save(update_fields=["sex", "diagnosis", "site"])
    audit.record(actor=actor, verb="participant.described", target=participant)
    return participant


@transaction.atomic
def describe_recording(
    *,
    recording: Recording,
    age: int | None,
    motor_state: str,
    minutes_since_levodopa: int | None,
    stimulation: str,
    hoehn_yahr: Decimal | None,
    actor: User,
) -> Recording:
    """Note age and clinical state at a recording. Ages of 90 and over become one group here."""
    validate_not_withdrawn(lock(recording.participant))
    if age is not None:
        validate_age(age)
    recording.age = pooled_age(age)
    recording.full_clean()
    recording.save(update_fields=["age"])
    state = ClinicalState(
        recording=recording, motor_state=motor_state, minutes_since_levodopa=minutes_since_levodopa,
        stimulation=stimulation, hoehn_yahr=hoehn_yahr,
    )  # fmt: skip
    state.full_clean(validate_unique=False)  # an earlier note is replaced
    state.save()
    audit.record(actor=actor, verb="recording.described", target=recording)
    return recording


@transaction.atomic
def record_consent(
    *, participant: Participant, scopes: Iterable[Scope], given: bool, on: date, version: str, actor: User | None
) -> list[ConsentEvent]:
    """Note what a participant agreed to, or took back; what a scope allowed stops with it."""
    participant = lock(participant)
    chosen = [Scope(scope) for scope in scopes]
    if not chosen:
        raise ValidationError({"scopes": _("Choose at least one scope.")}, code="no_scope")
    events = []
    for scope in chosen:
        validate_consent_change(participant, scope, given=given, on=on)
        event = ConsentEvent(
            participant=participant, scope=scope, given=given, on=on, version=version, recorded_by=actor
        )
        event.full_clean()
        event.save(force_insert=True)
        verb = "consent.given" if given else "consent.withdrawn"
        audit.record(actor=actor, verb=verb, target=participant, note=f"{scope.value} {on} {version}")
        events.append(event)
        if not given:
            for holding in holdings():
                holding.consent_ended(participant, scope, actor)
    return events
