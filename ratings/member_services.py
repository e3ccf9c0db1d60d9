"""Who may read a study's results: every change of it."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.access import has_role
from accounts.models import Role, User
from ratings.models import Study, StudyMember


@transaction.atomic
def add_member(*, study: Study, user: User, actor: User | None) -> StudyMember:
    """Let an investigator read a study's results once it is closed."""
    if not has_role(user, Role.INVESTIGATOR):
        raise ValidationError(
            _("%(name)s has no active account with the role Investigator: results are read by investigators.")
            % {"name": user.display_name},
            code="not_an_investigator",
        )
    member = StudyMember(study=study, user=user, added_by=actor)
    member.full_clean()
    member.save()
    audit.record(actor=actor, verb="study.member_added", target=study, note=f"user {user.pk}")
    return member


@transaction.atomic
def remove_member(*, member: StudyMember, actor: User) -> None:
    removed, _by_model = StudyMember.objects.filter(pk=member.pk).delete()
    if removed:  # not by somebody else a moment ago
        audit.record(actor=actor, verb="study.member_removed", target=member.study, note=f"user {member.user_id}")
