"""Every write about viewing: what the browser told, and the equipment of a session."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from ratings.models import EquipmentCheck, Presentation, Study, Viewing
from ratings.validators import validate_equipment, validate_shown, validate_state

MOST_BATCHES = 2000  # of one presentation: hours of looking


@transaction.atomic
def keep_viewing(*, presentation: Presentation, look: uuid.UUID, sequence: int, **told: Any) -> tuple[Viewing, bool]:
    """Keep a batch; True beside it when it is new. The same batch twice is one row.

    Raises
    ------
    ValidationError : with code "study_not_open", "presentation_closed" or "client_id_reused" when it conflicts
    """
    earlier = Viewing.objects.filter(look=look, sequence=sequence).first()
    if earlier is not None:
        return _same(earlier, presentation), False
    validate_state(presentation.study, Study.State.OPEN)
    validate_shown(presentation)
    if presentation.viewings.count() >= MOST_BATCHES:
        raise ValidationError(
            _("This presentation has %(n)d batches of viewing already, and no more are kept.") % {"n": MOST_BATCHES},
            code="too_many",
        )
    viewing = Viewing(presentation=presentation, look=look, sequence=sequence, **told)
    viewing.full_clean()
    try:
        with transaction.atomic():
            viewing.save(force_insert=True)
    except IntegrityError:  # the same batch came in this moment
        return _same(Viewing.objects.get(look=look, sequence=sequence), presentation), False
    return viewing, True


def _same(earlier: Viewing, presentation: Presentation) -> Viewing:
    if earlier.presentation_id != presentation.pk:
        raise ValidationError(
            _("This client_id belongs to another look already: use a new one each time the desk is opened."),
            code="client_id_reused",
        )
    return earlier


@transaction.atomic
def record_equipment(*, study: Study, rater: User, session: int, **seen: Any) -> tuple[EquipmentCheck, bool]:
    """Keep the check of a session; True beside it when it is new. The first one stays."""
    earlier = EquipmentCheck.objects.filter(study=study, rater=rater, session=session).first()
    if earlier is not None:
        return earlier, False
    validate_state(study, Study.State.OPEN)
    check = EquipmentCheck(study=study, rater=rater, session=session, **seen)
    validate_equipment(check)
    check.full_clean()
    try:
        with transaction.atomic():
            check.save(force_insert=True)
    except IntegrityError:  # sent twice in one moment
        return EquipmentCheck.objects.get(study=study, rater=rater, session=session), False
    note = f"session {session} {'passed' if check.passed else 'with a problem'}"
    audit.record(actor=rater, verb="study.equipment_checked", target=study, note=note)
    return check, True
