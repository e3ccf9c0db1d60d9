"""Breaking the code: who, when, why, and what was seen. Asked for by one, confirmed by another, or an emergency."""

import hashlib
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from cohorts.models import Participant
from ratings import key
from ratings.models import CodeBreak, Presentation, Study

LEAST_REASON = 20  # characters: “because” is no reason


@dataclass(frozen=True, slots=True)
class Revealed:
    """One presentation and what it showed."""

    rater: str
    position: int
    recording: str
    arm: str
    repeat: bool


@transaction.atomic
def ask_code_break(*, study: Study, participant: Participant, reason: str, emergency: bool, actor: User) -> CodeBreak:
    """Ask that the versions of one participant be known; in an emergency it is done at once."""
    if study.state == Study.State.DRAFT:
        raise ValidationError(_("The study is not open: there is no code to break."), code="study_draft")
    if not _presentations(study, participant).exists():
        raise ValidationError(_("%(code)s is not shown in this study.") % {"code": participant.code}, code="not_shown")
    if len(reason.strip()) < LEAST_REASON:
        raise ValidationError(
            _("Say why in at least %(n)d characters; these were %(given)d.")
            % {"n": LEAST_REASON, "given": len(reason.strip())},
            code="no_reason",
        )
    asked = CodeBreak(study=study, participant=participant, reason=reason.strip(), emergency=emergency, asked_by=actor)
    asked.full_clean()
    asked.save()
    kind = "emergency" if emergency else "asked"
    audit.record(actor=actor, verb=f"codebreak.{kind}", target=asked, note=f"study {study.pk}: {asked.reason}")
    return _done(asked, actor) if emergency else asked


@transaction.atomic
def confirm_code_break(*, code_break: CodeBreak, actor: User) -> CodeBreak:
    """The second person: from now on the versions may be read, and ratings that follow are marked."""
    code_break = CodeBreak.objects.select_for_update(of=("self",)).select_related("study").get(pk=code_break.pk)
    if code_break.done_at is not None:
        raise ValidationError(_("This code is broken already."), code="done")
    if actor.pk == code_break.asked_by_id:
        raise ValidationError(
            _("You asked for it: somebody else has to confirm, or ask again as an emergency."), code="same_person"
        )
    return _done(code_break, actor)


def _done(code_break: CodeBreak, actor: User) -> CodeBreak:
    code_break.done_by, code_break.done_at = actor, timezone.now()
    code_break.full_clean()
    code_break.save(update_fields=["done_by", "done_at"])
    affected = _presentations(code_break.study, code_break.participant).filter(broken_at__isnull=True)
    n = affected.update(broken_at=code_break.done_at)
    audit.record(actor=actor, verb="codebreak.done", target=code_break, note=f"{n} presentations marked")
    return code_break


@transaction.atomic
def read_code_break(*, code_break: CodeBreak, actor: User) -> list[Revealed]:
    """What the presentations showed. Each look is an event that names what was seen by its hash."""
    if code_break.done_at is None:
        raise ValidationError(_("Nobody has confirmed this code-break yet."), code="not_done")
    versions = key.versions_of(code_break.study_id)
    numbers = {place.rater_id: str(place) for place in code_break.study.places.all()}
    shown = _presentations(code_break.study, code_break.participant).select_related("recording__participant")
    seen = [
        Revealed(
            numbers.get(p.rater_id, _("adjudicator")),
            p.position,
            str(p.recording),
            versions[p.pk].arm,
            versions[p.pk].repeat,
        )
        for p in shown.order_by("rater_id", "position")
    ]
    digest = hashlib.sha256(repr(seen).encode()).hexdigest()
    note = f"arms of {len(seen)} presentations of participant {code_break.participant_id}, sha256 {digest}"
    audit.record(actor=actor, verb="codebreak.read", target=code_break, note=note)
    return seen


def _presentations(study: Study, participant: Participant) -> QuerySet[Presentation]:
    return Presentation.objects.filter(study=study, recording__participant=participant)
