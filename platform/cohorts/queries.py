"""Reads."""

from django.db.models import Count, QuerySet

from accounts.models import User
from cohorts.access import cohorts_for
from cohorts.models import Cohort, Recording, Upload


def cohort_list(user: User) -> QuerySet[Cohort]:
    return (
        cohorts_for(user)
        .annotate(n_participants=Count("participants", distinct=True), n_recordings=Count("recordings", distinct=True))
        .order_by("name")
    )


def recordings_of(cohort: Cohort) -> QuerySet[Recording]:
    return cohort.recordings.select_related("participant")


def recent_uploads(cohort: Cohort) -> QuerySet[Upload]:
    """The newest receipts; accepted ones are seen in the list of recordings."""
    return cohort.uploads.exclude(state=Upload.State.ACCEPTED)[:20]
