"""Invitations into cohorts: an account and its membership come to be in one transaction."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import invitation_services
from accounts.models import Invitation, Role, User
from cohorts.access import cohorts_for
from cohorts.membership_services import add_member
from cohorts.models import Cohort, InvitedCohort


@transaction.atomic
def invite(
    *, role: Role, actor: User, lifetime: timedelta, label: str = "", cohort: Cohort | None = None
) -> tuple[Invitation, str]:
    """An invitation, for a coordinator with the cohort to care for, and its secret."""
    if cohort is not None and role != Role.COORDINATOR:
        raise ValidationError(_("Only coordinators care for a cohort."), code="cohort_of_no_coordinator")
    if cohort is not None and not cohorts_for(actor).filter(pk=cohort.pk).exists():
        raise ValidationError(_("This cohort is not yours to share."), code="not_own_cohort")
    invitation, secret = invitation_services.make_invitation(role=role, actor=actor, lifetime=lifetime, label=label)
    if cohort is not None:
        InvitedCohort.objects.create(invitation=invitation, cohort=cohort)
    return invitation, secret


@transaction.atomic
def join(*, secret: str, password: str, username: str = "", name: str = "") -> Invitation:
    """Use an invitation, with the membership that it promises."""
    invitation = invitation_services.use_invitation(secret=secret, password=password, username=username, name=name)
    place = InvitedCohort.objects.select_related("cohort").filter(invitation=invitation).first()
    if place is not None and invitation.used_by is not None:
        add_member(cohort=place.cohort, user=invitation.used_by, actor=invitation.made_by)
    return invitation
