"""Reads."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from accounts.models import User
from cohorts import quarantine
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


def codes_of(cohort: Cohort) -> list[str]:
    return list(cohort.participants.values_list("code", flat=True))


def recent_uploads(cohort: Cohort) -> QuerySet[Upload]:
    """The newest receipts. Accepted ones are seen in the list of recordings, unfinished ones on the upload page."""
    seen_elsewhere = (Upload.State.ACCEPTED, Upload.State.RECEIVING, Upload.State.CANCELLED)
    return cohort.uploads.exclude(state__in=seen_elsewhere)[:20]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload that can go on, and how far it is."""

    upload: Upload
    offset: int

    @property
    def percent(self) -> int:
        return 100 * self.offset // (self.upload.n_bytes or 1)


def unfinished_uploads(cohort: Cohort, user: User) -> list[Unfinished]:
    """What this user began here and has not finished."""
    begun = cohort.uploads.filter(state=Upload.State.RECEIVING, added_by=user)
    return [Unfinished(upload, quarantine.size(upload.quarantine_name) or 0) for upload in begun]
