"""Reads of reminders: who could go on and has not for a while."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from accounts.models import Role, User
from ratings import desk_queries
from ratings.models import Presentation, Rating, Reminder, ReminderRefusal, Study


@dataclass(frozen=True, slots=True)
class WaitingStudy:
    """A study in which a rater may rate now, and how many videos of it they have not completed."""

    study: Study
    n: int


def candidates(now: datetime, interval: timedelta) -> QuerySet[User]:
    """Raters with an address and something open whom nobody reminded within the interval, and who did not refuse."""
    waits = Presentation.objects.filter(
        rater=OuterRef("pk"), study__state=Study.State.OPEN, completed_at__isnull=True, excluded_at__isnull=True
    )
    fresh = Reminder.objects.filter(user=OuterRef("pk"), sent_at__gt=now - interval)
    refused = ReminderRefusal.objects.filter(user=OuterRef("pk"))
    raters = User.objects.filter(Exists(waits), ~Exists(fresh), ~Exists(refused), ~Q(email=""), role=Role.RATER)
    return raters.filter(is_active=True).order_by("pk")


def waiting_for(rater: User, now: datetime, interval: timedelta) -> list[WaitingStudy]:
    """Studies in which the rater could have rated for the whole interval, and gave no answer in it."""
    return [
        WaitingStudy(study, _n_open(study, rater))
        for study, first, begins in desk_queries.first_waiting(rater)
        if (begins is None or begins <= now) and now - max(_idle_since(study, first, begins)) >= interval
    ]


def _idle_since(study: Study, first: Presentation, begins: datetime | None) -> Iterator[datetime]:
    """Moments before which nobody could blame the rater."""
    own = Rating.objects.filter(presentation__study=study, presentation__rater=first.rater_id)
    known = (study.opened_at, begins, own.aggregate(last=Max("saved_at"))["last"])
    yield from (moment for moment in known if moment is not None)


def _n_open(study: Study, rater: User) -> int:
    own = study.presentations.filter(rater=rater, completed_at__isnull=True, excluded_at__isnull=True)
    return own.count()
