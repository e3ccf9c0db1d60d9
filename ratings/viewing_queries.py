"""What raters saw of each presentation, by their browser and by the server; and the equipment they saw it on."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from ratings.algorithms.coverage import covered
from ratings.models import EquipmentCheck, Presentation, Study, VideoSent, Viewing

WHOLE = 0.95  # share of the video from which it counts as seen whole
SLACK = 0.2  # pictures differ in bytes: so much more may be seen than was sent before the witnesses disagree
LONG_STALL = 2000  # milliseconds
FLAGS = {
    "not_seen_whole": gettext_noop("not seen whole"),
    "hidden": gettext_noop("played while hidden"),
    "stalled": gettext_noop("stalled"),
    "muted": gettext_noop("without sound"),
    "would_not_play": gettext_noop("would not play"),
    "witness_disagrees": gettext_noop("more was told than was sent"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """Of one presentation: shares are 0-1, `seconds` how long it played, `parts` (from, to, speed) in order."""

    share: float = 0.0
    plays: int = 0
    loops: int = 0
    seconds: float = 0.0
    slowest: float = 1.0
    stalls: int = 0
    frames: int = 0
    dropped: int = 0
    full_screen_seconds: float = 0.0
    hidden_seconds: float = 0.0
    stalled_seconds: float = 0.0
    silent_seconds: float = 0.0
    parts: tuple[tuple[float, float, float], ...] = ()
    window: tuple[int, int] = (0, 0)
    sent: float = 0.0
    flags: tuple[str, ...] = ("not_seen_whole",)


def of_study(study: Study) -> dict[UUID, Seen]:
    """Every presentation of a study that was looked at or sent; others are `Seen()`."""
    return _of(study.presentations.all())


def of_presentations(pks: Collection[UUID]) -> dict[UUID, Seen]:
    """The same of some: a large study is read piece by piece."""
    return _of(Presentation.objects.filter(pk__in=pks))


def of_presentation(presentation: Presentation) -> Seen:
    return _of(Presentation.objects.filter(pk=presentation.pk)).get(presentation.pk, Seen())


def _of(presentations: QuerySet[Presentation]) -> dict[UUID, Seen]:
    """Three queries, however many presentations."""
    sizes = {pk: stored or shown for pk, stored, shown in presentations.values_list("pk", "file_bytes", "shown_bytes")}
    batches: dict[UUID, list[Viewing]] = defaultdict(list)
    for batch in Viewing.objects.filter(presentation__in=presentations):
        batches[batch.presentation_id].append(batch)
    ranges: dict[UUID, list[tuple[float, float]]] = defaultdict(list)
    sent = VideoSent.objects.filter(presentation__in=presentations)
    for pk, first, n in sent.values_list("presentation_id", "first_byte", "n_bytes"):
        ranges[pk].append((first, first + n))
    looked_at = {*batches, *ranges}
    return {pk: _seen(batches[pk], covered(ranges[pk], sizes[pk])) for pk in looked_at}


def _seen(batches: list[Viewing], sent: float) -> Seen:
    parts = [(start, stop, speed) for batch in batches for start, stop, speed in batch.played]
    share = covered([(start, stop) for start, stop, _ in parts], max((b.length for b in batches), default=0))
    last = batches[-1] if batches else None
    return Seen(
        share=share,
        plays=sum(b.plays for b in batches),
        loops=sum(b.loops for b in batches),
        seconds=sum((stop - start) * 100 / max(speed, 1) for start, stop, speed in parts) / 1000,
        slowest=min((speed for *_, speed in parts), default=100) / 100,
        stalls=sum(b.stalls for b in batches),
        frames=sum(b.frames for b in batches),
        dropped=sum(b.dropped for b in batches),
        full_screen_seconds=sum(b.full_screen for b in batches) / 1000,
        hidden_seconds=sum(b.hidden for b in batches) / 1000,
        stalled_seconds=sum(b.stalled for b in batches) / 1000,
        silent_seconds=sum(b.silent for b in batches) / 1000,
        parts=tuple((start / 1000, stop / 1000, speed / 100) for start, stop, speed in parts),
        window=(last.window_width, last.window_height) if last else (0, 0),
        sent=sent,
        flags=tuple(_flags(batches, share, sent)),
    )


def _flags(batches: list[Viewing], share: float, sent: float) -> Iterable[str]:
    if share < WHOLE:
        yield "not_seen_whole"
    if any(batch.hidden for batch in batches):
        yield "hidden"
    if sum(batch.stalled for batch in batches) >= LONG_STALL:
        yield "stalled"
    if any(batch.silent for batch in batches):
        yield "muted"
    if any(batch.failed for batch in batches):
        yield "would_not_play"
    if share > sent + SLACK:
        yield "witness_disagrees"


def equipment(study: Study) -> QuerySet[EquipmentCheck]:
    """The checks of all raters and sessions of a study."""
    return study.equipment_checks.select_related("rater").order_by("rater", "session")


def equipment_is_due(presentation: Presentation) -> bool:
    """Whether the protocol asks for a check that this session has not had."""
    if not presentation.study.design.equipment_check:
        return False
    had = EquipmentCheck.objects.filter(
        study=presentation.study_id, rater=presentation.rater_id, session=presentation.session
    )
    return not had.exists()
