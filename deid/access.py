"""One access function for each object."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.access import has_role
from accounts.models import Role, User
from cohorts.access import cohorts_for
from deid.algorithms.registry import ORIGINAL
from deid.models import Job, OwnDonor, Rendition


def jobs_for(user: User) -> QuerySet[Job]:
    return Job.objects.filter(recording__cohort__in=cohorts_for(user)).select_related(
        "recording__participant", "recording__cohort", "rendition"
    )


def get_job(user: User, pk: int) -> Job:
    return get_object_or_404(jobs_for(user), pk=pk)


def get_rendition(user: User, pk: int) -> Rendition:
    """A rendition that the user may review; re-encoded originals belong to studies and are not reviewed."""
    renditions = Rendition.objects.exclude(method=ORIGINAL).select_related(
        "recording__participant", "recording__cohort", "job"
    )
    return get_object_or_404(renditions, pk=pk, recording__cohort__in=cohorts_for(user))


def own_donors_for(user: User) -> QuerySet[OwnDonor]:
    """Donors who are persons: for who added them, and for administrators."""
    if has_role(user, Role.ADMINISTRATOR):
        return OwnDonor.objects.all()
    return OwnDonor.objects.filter(added_by=user)
