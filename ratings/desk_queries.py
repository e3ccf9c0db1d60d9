"""Reads of the desk: what a rater is shown next and was shown before, when they should rest, and how long is left."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from cohorts.queries import counted
from ratings.access import shown_presentations
from ratings.breaks import BREAK, due_by_number, has_rested
from ratings.models import Presentation, Study, StudyRater

FEWEST = 3  # presentations before a rater's own pace is told
NEWEST = 50  # presentations that the pace is taken from


def desk_studies(rater: User) -> QuerySet[Study]:
    """Open studies of a rater, or in which they adjudicate, with their own n_presentations and n_completed."""
    own = Presentation.objects.filter(study=OuterRef("pk"), rater=rater, excluded_at__isnull=True)
    return _desk(rater).annotate(
        n_presentations=counted(own, by="study"),
        n_completed=counted(own.filter(completed_at__isnull=False), by="study"),
    )


def _desk(rater: User) -> QuerySet[Study]:
    """Counts are left to who shows them: this is asked for every video."""
    place = Exists(StudyRater.seats.filter(study=OuterRef("pk"), rater=rater))
    asked = Exists(Presentation.objects.filter(study=OuterRef("pk"), rater=rater))
    return Study.objects.filter(place | asked, state=Study.State.OPEN).order_by("opened_at", "id")


def first_waiting(rater: User) -> Iterator[tuple[Study, Presentation, datetime | None]]:
    """Of each open study the first presentation that is not completed, and when its session begins."""
    waiting = shown_presentations(rater).filter(completed_at__isnull=True)
    for study in _desk(rater):
        first = waiting.filter(study=study).order_by("position").first()
        if first is not None:
            yield study, first, session_begins(first)


def next_presentation(rater: User) -> tuple[Presentation | None, datetime | None]:
    """The first one that is not completed and may be seen now; where none may, when the next session begins."""
    opens: list[datetime] = []
    for _study, first, begins in first_waiting(rater):
        if begins is None or begins <= timezone.now():
            return first, None
        opens.append(begins)
    return None, min(opens, default=None)


def session_begins(presentation: Presentation) -> datetime | None:
    """When the versions that were seen before lie the protocol's gap back; None where none were."""
    if presentation.after_session is None:
        return None
    before = Presentation.objects.filter(
        study=presentation.study_id, rater=presentation.rater_id, session=presentation.after_session
    )
    last = before.aggregate(last=Max("completed_at"))["last"]
    return last + timedelta(days=presentation.study.design.gap_days) if last else None


def last_presentation(rater: User) -> Presentation | None:
    """The one completed last."""
    return shown_presentations(rater).filter(completed_at__isnull=False).order_by("-completed_at").first()


def last_changeable(rater: User) -> Presentation | None:
    """The one completed last, where its answers may still be changed."""
    own = shown_presentations(rater).filter(completed_at__isnull=False).order_by("-completed_at")
    return own.exclude(study__places__in=StudyRater.objects.filter(rater=rater, debrief__isnull=False)).first()


def neighbours(presentation: Presentation) -> tuple[Presentation | None, int, int]:
    """The presentation before this one, its number, and how many there are: what was taken out leaves no gap."""
    own = Presentation.objects.filter(
        study=presentation.study_id, rater=presentation.rater_id, excluded_at__isnull=True
    )
    before = own.filter(position__lt=presentation.position).order_by("-position")
    return before.first(), before.count() + 1, own.count()


def break_is_due(rater: User) -> bool:
    """Whether the last showing ended a stretch, by number or by time, after which the protocol wants a pause."""
    last = last_presentation(rater)
    if last is None or has_rested(last.completed_at):
        return False
    done = Presentation.objects.filter(study=last.study_id, rater=rater, completed_at__isnull=False)
    rows = list(done.order_by("completed_at").values_list("completed_at", "session"))
    ends, in_session = [end for end, _ in rows if end], sum(session == last.session for _, session in rows)
    design = last.study.design
    by_number = due_by_number(in_session, design.break_after)
    return by_number or _stretch_ends(ends, timedelta(minutes=design.break_minutes))


def _stretch_ends(ends: list[datetime], every: timedelta) -> bool:
    """Whether a multiple of `every`, counted from the last pause, lies between the last two of these moments."""
    begun = next((later for earlier, later in reversed(list(pairwise(ends))) if later - earlier >= BREAK), ends[0])
    if not every or len(ends) < 2 or begun == ends[-1]:
        return False
    return (ends[-1] - begun) // every > (ends[-2] - begun) // every


def minutes_left(presentation: Presentation) -> int | None:
    """How long this session's other presentations take at the rater's own pace; None before there is one."""
    own = Presentation.objects.filter(
        study=presentation.study_id, rater=presentation.rater_id, excluded_at__isnull=True
    )
    done = own.filter(completed_at__isnull=False).order_by("-completed_at")[:NEWEST]
    times = done.values_list("started_at", "completed_at")
    took = [(end - start).total_seconds() for start, end in times if start and end]
    if len(took) < FEWEST:
        return None
    waiting = own.filter(session=presentation.session, completed_at__isnull=True).count()
    return round(median(took) * waiting / 60)
