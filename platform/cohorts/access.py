"""One access function for each object: it returns the object or raises Http404, as if the object did not exist."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.access import has_role
from accounts.models import Role, User
from cohorts.models import Cohort, CohortMembership, Participant, Recording, Upload


def cohorts_for(user: User) -> QuerySet[Cohort]:
    """Administrators care for all cohorts, coordinators for their own."""
    if has_role(user, Role.ADMINISTRATOR):
        return Cohort.objects.all()
    if has_role(user, Role.COORDINATOR):
        return Cohort.objects.filter(coordinators=user)
    return Cohort.objects.none()


def get_cohort(user: User, pk: int) -> Cohort:
    return get_object_or_404(cohorts_for(user), pk=pk)


def get_membership(user: User, pk: int) -> CohortMembership:
    memberships = CohortMembership.objects.select_related("cohort", "user")
    return get_object_or_404(memberships, pk=pk, cohort__in=cohorts_for(user))


def get_upload(user: User, pk: int) -> Upload:
    return get_object_or_404(Upload.objects.select_related("cohort", "recording"), pk=pk, cohort__in=cohorts_for(user))


def get_recording(user: User, pk: int) -> Recording:
    return get_object_or_404(
        Recording.objects.select_related("participant", "cohort"), pk=pk, cohort__in=cohorts_for(user)
    )


def participants_for(user: User) -> QuerySet[Participant]:
    return Participant.objects.filter(cohort__in=cohorts_for(user)).select_related("cohort")


def get_participant(user: User, pk: int) -> Participant:
    return get_object_or_404(participants_for(user), pk=pk)
