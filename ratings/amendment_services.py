"""What may still come to a study: a copy of it, late raters, late recordings. A change of an open one is a version."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from ratings import allocation_services, equal_arms, practice_services, preflight, queries, services
from ratings.models import Exclusion, Study, StudyRater
from ratings.protocol_services import freeze_protocol
from ratings.validators import validate_nobody_debriefed, validate_raters, validate_state


@transaction.atomic
def copy_study(*, study: Study, name: str, actor: User) -> Study:
    """A new draft with the same arms, raters, protocol and exclusions. What was rated and sealed is not copied."""
    copy = services.create_study(
        name=name, cohort=study.cohort, method=study.method, more_methods=study.more_methods,
        raters=[place.rater for place in study.places.select_related("rater")], actor=actor, protocol=study.design,
    )  # fmt: skip
    Exclusion.objects.bulk_create(
        Exclusion(study=copy, recording=one.recording, item=one.item, reason=one.reason, made_by=actor)
        for one in study.exclusions.select_related("recording")
    )
    practice_services.copy_cases(study=study, copy=copy, actor=actor)
    audit.record(actor=actor, verb="study.copied", target=copy, note=f"from {study.pk}")
    return copy


@transaction.atomic
def add_rater(*, study: Study, rater: User, reason: str, actor: User) -> StudyRater:
    """A rater who comes late. The others' orders stay as they are."""
    study = services.locked(study)
    validate_state(study, Study.State.OPEN)
    validate_raters([rater])
    place = services.new_place(study=study, rater=rater)
    freeze_protocol(study=study, reason=reason, actor=actor)
    allocation_services.present_to_late_rater(study=study, pairs=queries.pairs_of(study), place=place)
    audit.record(actor=actor, verb="study.rater_added", target=study, note=str(place))
    return place


@transaction.atomic
def add_recordings(*, study: Study, reason: str, actor: User) -> int:
    """Recordings that became ready after the opening, behind all others; returns how many."""
    study = services.locked(study)
    validate_state(study, Study.State.OPEN)
    validate_nobody_debriefed(study)
    late = queries.late_pairs(study)
    if not late:
        raise ValidationError(
            _("No recording came since that has all its versions: release renditions first."), code="nothing_late"
        )
    groups = {pair.recording: list(pair.versions) for pair in late}
    if unlike := [*preflight.unlike(late), *equal_arms.reasons(study, groups)]:
        raise ValidationError(unlike, code="not_ready")
    allocation_services.present_late(study=study, pairs=late)
    freeze_protocol(study=study, reason=reason, actor=actor)
    audit.record(actor=actor, verb="study.recordings_added", target=study, note=f"{len(late)} recordings")
    return len(late)
