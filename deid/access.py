"""One access function for each object."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.access import has_role
from accounts.models import Role, User
from cohorts.access import cohorts_for
from deid.algorithms.registry import ORIGINAL
from deid.models import Job, OwnDonor, Rendition, TrainingRun, TrainingSheet


def jobs_for(user: User) -> QuerySet[Job]:
    return (
        Job.objects.filter(recording__cohort__in=cohorts_for(user))
        .select_related("recording__participant", "recording__cohort", "rendition")
        .defer("rendition__certificate")
    )  # long, and no list shows it


def get_job(user: User, pk: int) -> Job:
    return get_object_or_404(jobs_for(user), pk=pk)


def renditions_for(user: User) -> QuerySet[Rendition]:
    """Renditions that the user may review; re-encoded originals belong to studies and are not reviewed."""
    renditions = Rendition.objects.filter(recording__cohort__in=cohorts_for(user)).exclude(method=ORIGINAL)
    return renditions.select_related("recording__participant", "recording__cohort", "job")


def get_rendition(user: User, pk: int) -> Rendition:
    return get_object_or_404(renditions_for(user), pk=pk)


def own_donors_for(user: User) -> QuerySet[OwnDonor]:
    """Donors who are persons: for who added them, and for administrators."""
    if has_role(user, Role.ADMINISTRATOR):
        return OwnDonor.objects.all()
    return OwnDonor.objects.filter(added_by=user)


def get_training(pk: int) -> TrainingRun:
    """A training; trainings belong to the site, and all administrators run them."""
    return get_object_or_404(TrainingRun.objects.select_related("created_by"), pk=pk)


def get_training_sheet(pk: int) -> TrainingSheet:
    """A sample sheet, for administrators too."""
    return get_object_or_404(TrainingSheet, pk=pk)
