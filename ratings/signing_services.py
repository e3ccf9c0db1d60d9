"""Signing a session, which locks its answers, and making a signature void, which unlocks them."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from ratings import answer_services
from ratings.models import SessionSignature, Study
from ratings.session_queries import sessions_of, signed_content
from ratings.validators import validate_signable, validate_state


def meaning() -> str:
    """What a rater signs."""
    return _("My answers of this session are complete and my own.")


@transaction.atomic
def sign_session(*, study: Study, session: int, rater: User, second_factor: bool) -> SessionSignature:
    """Lock the current answers of a session. The caller has just asked for the rater's password.

    Raises
    ------
    ValidationError : the study is not open, or the session is not complete or signed already
    """
    study = answer_services.share_of(study.pk)
    validate_state(study, Study.State.OPEN)
    place = answer_services.held_place(study, rater)
    own = [one for one in sessions_of(rater) if (one.study.pk, one.number) == (study.pk, session)]
    validate_signable(own[0] if own else None)
    content = signed_content(place, session)
    signature = SessionSignature(
        place=place, session=session, name=rater.display_name, meaning=meaning(), second_factor=second_factor,
        n_answers=content.n_answers, sha256=content.sha256,
    )  # fmt: skip
    signature.full_clean()
    signature.save(force_insert=True)
    note = f"session {session + 1}, {content.n_answers} answers, sha256 {content.sha256}"
    audit.record(actor=rater, verb="session.signed", target=signature, note=note)
    return signature


@transaction.atomic
def void_signature(*, signature: SessionSignature, reason: str, actor: User) -> SessionSignature:
    """Unlock a session. The signature stays, void, with who made it so and why."""
    study = answer_services.share_of(signature.place.study_id)
    validate_state(study, Study.State.OPEN)
    answer_services.held_place(study, signature.place.rater)
    signature = SessionSignature.objects.select_related("place").get(pk=signature.pk)
    if signature.voided_at is not None:
        raise ValidationError(_("This signature is void already."), code="void")
    if not reason.strip():
        raise ValidationError(_("Say why the session is unlocked."), code="no_reason")
    signature.voided_at, signature.voided_by, signature.void_reason = timezone.now(), actor, reason.strip()
    signature.full_clean()
    signature.save(update_fields=["voided_at", "voided_by", "void_reason"])
    audit.record(actor=actor, verb="session.unlocked", target=signature, note=signature.void_reason)
    return signature
