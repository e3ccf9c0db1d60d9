"""Reads of the log."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from audit.models import Event

PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Events, newest first, and the id that the next page starts below; None when there are no older ones."""

    events: list[Event]
    older: int | None


def whole_chain() -> Iterator[Event]:
    """Every event in the order of the chain, in one snapshot; unsealed ones last."""
    with transaction.atomic():
        yield from Event.objects.order_by(F("position").asc(nulls_last=True), "id").iterator(chunk_size=2000)


def matching(
    *,
    actor: Any = None,
    verb: str = "",
    target_type: str = "",
    target_id: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[Event]:
    """Events by filter; a verb that ends in a dot stands for its whole family. Days are those of the site's zone."""
    events = Event.objects.select_related("actor").order_by("-id")
    if actor is not None:
        events = events.filter(actor=actor)
    if verb:
        events = events.filter(verb__startswith=verb) if verb.endswith(".") else events.filter(verb=verb)
    if target_type:
        events = events.filter(target_type=target_type)
    if target_id:
        events = events.filter(target_id=target_id)
    if since:
        events = events.filter(at__gte=_midnight(since))
    if until:
        events = events.filter(at__lt=_midnight(until + timedelta(days=1)))
    return events


def page_of(events: QuerySet[Event], before: int | None) -> Page:
    """One page. By id and not by number of rows: the log grows while it is read, and counting it would take long."""
    if before is not None:
        events = events.filter(id__lt=before)
    found = list(events[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
