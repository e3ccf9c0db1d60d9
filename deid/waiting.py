"""What waits for those who de-identify and review."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import has_role
from accounts.models import Role, User
from cohorts.access import cohorts_for
from cohorts.consent import consenting
from cohorts.models import Recording
from cohorts.vocabulary import Scope
from deid.access import jobs_for, renditions_for
from deid.algorithms.registry import ORIGINAL
from deid.models import Job, Rendition
from deid.templatetags.deid import method_label
from frontend.told import told
from frontend.waiting import Row, Waiting, first_of


def waiting(user: User) -> Iterator[Waiting]:
    if not has_role(user, Role.COORDINATOR, Role.ADMINISTRATOR):
        return
    yield _reviews(user)
    yield _stopped(user)
    yield _untouched(user)
    yield _under_way(user)


def _reviews(user: User) -> Waiting:
    found = renditions_for(user).filter(state=Rendition.State.IN_REVIEW).order_by("created_at", "id")
    renditions, n = first_of(found)
    rows = [
        Row(
            str(rendition.recording),
            reverse("deid:review", args=[rendition.pk]),
            note=f"{rendition.recording.cohort} · {method_label(rendition.method)}",
            at=rendition.created_at,
        )
        for rendition in renditions
    ]
    action = (_("Review the next rendition"), rows[0].url) if rows else None
    return Waiting(_("Renditions to review"), n, rows, action, reverse("deid:jobs"))


def _stopped(user: User) -> Waiting:
    """Jobs that ended without a rendition and were not asked for again."""
    later = Job.objects.filter(recording=OuterRef("recording"), pk__gt=OuterRef("pk")).exclude(method=ORIGINAL)
    ended = _jobs(user).filter(state__in=[Job.State.FAILED, Job.State.WITHHELD]).filter(~Exists(later))
    jobs, n = first_of(ended.filter(recording__participant__withdrawn_at=None).order_by("-id"))
    rows = [_row(job, told(job.error)) for job in jobs]
    action = (_("Look at the stopped job"), rows[0].url) if rows else None
    return Waiting(_("Jobs that stopped"), n, rows, action, reverse("deid:jobs"))


def _untouched(user: User) -> Waiting:
    """Recordings that nobody has asked to de-identify, although their participant agreed to it."""
    asked = Job.objects.filter(recording=OuterRef("pk")).exclude(method=ORIGINAL)
    found = Recording.objects.filter(cohort__in=cohorts_for(user), participant__in=consenting(Scope.RESEARCH))
    recordings, n = first_of(
        found.filter(~Exists(asked)).select_related("participant", "cohort").order_by("created_at", "id")
    )
    rows = [
        Row(str(one), reverse("deid:recording", args=[one.pk]), note=str(one.cohort), at=one.created_at)
        for one in recordings
    ]
    action = (_("De-identify the next recording"), rows[0].url) if rows else None
    return Waiting(_("Recordings to de-identify"), n, rows, action, reverse("cohorts:list"))


def _under_way(user: User) -> Waiting:
    jobs, n = first_of(_jobs(user).filter(state__in=Job.OPEN).order_by("id"))
    rows = [_row(job, told(job.stage), share=job.progress if job.state == Job.State.RUNNING else None) for job in jobs]
    return Waiting(_("Jobs under way"), n, rows, all_url=reverse("deid:jobs"))


def _jobs(user: User) -> QuerySet[Job]:
    return jobs_for(user).exclude(method=ORIGINAL)


def _row(job: Job, said: str, *, share: float | None = None) -> Row:
    note = " · ".join(filter(None, (str(job.recording.cohort), method_label(job.method), said)))
    return Row(str(job.recording), reverse("deid:job", args=[job.pk]), job, note=note, share=share, at=job.created_at)
