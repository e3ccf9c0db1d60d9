"""Who cares for a cohort: every change of it."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.access import has_role
from accounts.models import Role, User
from cohorts.models import Cohort, CohortMembership


@transaction.atomic
def add_member(*, cohort: Cohort, user: User, actor: User | None) -> CohortMembership:
    """Let a coordinator care for a cohort."""
    if not has_role(user, Role.COORDINATOR):
        raise ValidationError(
            _("%(name)s has no active account with the role Coordinator: only coordinators care for cohorts.")
            % {"name": user.display_name},
            code="not_a_coordinator",
        )
    membership = CohortMembership(cohort=cohort, user=user, added_by=actor)
    membership.full_clean()
    membership.save()
    audit.record(actor=actor, verb="cohort.member_added", target=cohort, note=f"user {user.pk}")
    return membership


@transaction.atomic
def remove_member(*, membership: CohortMembership, actor: User) -> None:
    """End a coordinator's care for a cohort; its last one stays."""
    cohort = Cohort.objects.select_for_update(no_key=True).get(pk=membership.cohort_id)  # two may leave at once
    if not cohort.memberships.exclude(pk=membership.pk).exists():
        raise ValidationError(
            _("%(name)s is the only coordinator of this cohort: add another one first.")
            % {"name": membership.user.display_name},
            code="last_member",
        )
    removed, _by_model = cohort.memberships.filter(pk=membership.pk).delete()
    if removed:  # not by somebody else a moment ago
        audit.record(actor=actor, verb="cohort.member_removed", target=cohort, note=f"user {membership.user_id}")
