"""Reads."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cohorts import quarantine
from cohorts.access import cohorts_for
from cohorts.models import Cohort, Participant, Recording, Upload
from cohorts.validators import DATE_IN_CODE

FIRST_CODE = "PD-001"
# What became of a recording: state of the filter -> condition on its renditions and jobs.
STATES = {"none": _("Not de-identified"), "in_review": _("Waits for review"), "released": _("Released")}


def cohort_list(user: User) -> QuerySet[Cohort]:
    """Cohorts with n_participants and n_recordings; each counted by itself, since a join would multiply them."""
    return (
        cohorts_for(user)
        .annotate(n_participants=_count_in_cohort(Participant), n_recordings=_count_in_cohort(Recording))
        .order_by("name")
    )


def _count_in_cohort(model: type[Participant] | type[Recording]) -> Coalesce:
    return counted(model._default_manager.filter(cohort=OuterRef("pk")), by="cohort")


def counted(rows: QuerySet[Any], *, by: str) -> Coalesce:
    """How many of the rows belong to the outer query's row; `by` is the field that ties them to it."""
    return Coalesce(Subquery(rows.order_by().values(by).annotate(n=Count("pk")).values("n")), 0)


@dataclass(frozen=True, slots=True)
class RecordingFilter:
    """What a list of recordings is narrowed to; empty means all."""

    task: str = ""
    motor_state: str = ""
    state: str = ""
    code: str = ""


def recordings_of(cohort: Cohort, wanted: RecordingFilter = RecordingFilter()) -> QuerySet[Recording]:
    found = cohort.recordings.select_related("participant", "clinical").order_by("participant__code", "id")
    if wanted.task:
        found = found.filter(task=wanted.task)
    if wanted.motor_state:
        found = found.filter(clinical__motor_state=wanted.motor_state)
    if wanted.code:
        found = found.filter(participant__code__startswith=wanted.code)
    if wanted.state:
        # The relation is named by its word: this application knows none of those above it.
        own = Recording.objects.filter(pk=OuterRef("pk"))
        shown = own.filter(renditions__state__in=["in_review", "released"])
        found = found.filter(
            ~Exists(shown) if wanted.state == "none" else Exists(own.filter(renditions__state=wanted.state))
        )
    return found


def participants_of(cohort: Cohort, code: str = "") -> QuerySet[Participant]:
    """Participants with their number of recordings."""
    found = cohort.participants.annotate(n_recordings=Count("recordings")).order_by("code")
    return found.filter(code__startswith=code) if code else found


def next_code(cohort: Cohort) -> str:
    """The next free code in the form that the newest participant has."""
    newest = cohort.participants.order_by("-id").values_list("code", flat=True).first()
    if newest is None:
        return FIRST_CODE
    letters, digits = re.split(r"(?=[0-9])", newest, maxsplit=1)
    same = cohort.participants.filter(code__regex=f"^{letters}[0-9]+$").values_list("code", flat=True)
    number = max(int(code.removeprefix(letters)) for code in same) + 1
    while re.fullmatch(DATE_IN_CODE, code := f"{letters}{number:0{len(digits)}d}"):
        number += 1
    return code


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
