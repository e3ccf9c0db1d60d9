"""Every change of a study's protocol: free while it is a draft, a new version with its reason afterwards."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from cohorts.models import Recording
from ratings import calibration_queries, pack
from ratings.items import items_for
from ratings.models import Exclusion, ProtocolVersion, Study, StudyRater
from ratings.protocol import Protocol, sha256
from ratings.protocol_validators import validate_protocol
from ratings.validators import validate_state


@transaction.atomic
def change_protocol(*, study: Study, actor: User | None, **changes: Any) -> Study:
    """Set parts of the drafted protocol; what is not named stays."""
    validate_state(study, Study.State.DRAFT)
    design = Protocol.from_json(study.protocol | changes)
    validate_protocol(design)
    study.protocol = design.to_json()
    study.save(update_fields=["protocol"])
    audit.record(actor=actor, verb="study.protocol_changed", target=study, note=" ".join(sorted(changes)))
    return study


@transaction.atomic
def exclude_recording(*, study: Study, recording: Recording, item: str, reason: str, actor: User | None) -> Exclusion:
    """Leave a recording out, or ask one item less of it, such as speech of a noisy one."""
    validate_state(study, Study.State.DRAFT)
    if recording.cohort_id != study.cohort_id:
        raise ValidationError(_("This recording is of another cohort."), code="other_cohort")
    asked = [one.code for one in items_for(recording, study.design.asked().values())]
    if item and item not in asked:
        raise ValidationError(
            _("“%(item)s” is not asked of this recording anyway; its items are: %(asked)s.")
            % {"item": item[:40], "asked": ", ".join(asked)},
            code="item",
        )
    exclusion = Exclusion(study=study, recording=recording, item=item, reason=reason.strip(), made_by=actor)
    exclusion.full_clean()
    exclusion.save()
    note = f"recording {recording.pk} {item}".strip()
    audit.record(actor=actor, verb="study.recording_excluded", target=study, note=note)
    return exclusion


@transaction.atomic
def include_recording(*, exclusion: Exclusion, actor: User | None) -> None:
    """Take an exclusion back, while the study is a draft."""
    validate_state(exclusion.study, Study.State.DRAFT)
    note = f"recording {exclusion.recording_id} {exclusion.item}".strip()
    audit.record(actor=actor, verb="study.recording_included", target=exclusion.study, note=note)
    exclusion.delete()


@transaction.atomic
def record_calibration(*, place: StudyRater, calibration: str, actor: User | None) -> StudyRater:
    """What shows that a rater was trained and calibrated before the study."""
    validate_state(place.study, Study.State.DRAFT)
    place.calibration = calibration.strip()
    place.full_clean()
    place.save(update_fields=["calibration"])
    audit.record(actor=actor, verb="study.calibration_recorded", target=place.study, note=str(place))
    return place


def state_calibration(*, place: StudyRater, actor: User | None) -> StudyRater:
    """Write the rater's newest agreement with reference cases as their calibration record."""
    newest = calibration_queries.drifts([place])[0].newest
    if newest is None:
        raise ValidationError(
            _("This rater has answered no reference cases: let them do the practice of another study first."),
            code="no_reference",
        )
    return record_calibration(place=place, calibration=str(newest), actor=actor)


def freeze_protocol(*, study: Study, actor: User | None, reason: str = "") -> ProtocolVersion:
    """Write the protocol down as it stands, hashed, with its pack; it is never changed afterwards."""
    number = study.versions.count() + 1
    if number > 1 and not reason.strip():
        raise ValidationError(_("Say why the protocol of an open study changes."), code="no_reason")
    content = pack.json_of(study, number=number, reason=reason.strip())
    digest = sha256(content)
    pdf = pack.pdf_of(content, digest)
    version = ProtocolVersion(
        study=study, number=number, content=content.decode(), sha256=digest, pdf=pdf, pdf_sha256=sha256(pdf),
        reason=reason.strip(), made_by=actor,
    )  # fmt: skip
    version.full_clean()
    version.save(force_insert=True)
    audit.record(actor=actor, verb="study.protocol_frozen", target=study, note=f"version {number} sha256 {digest}")
    return version
