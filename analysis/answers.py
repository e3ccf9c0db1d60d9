"""The one place that joins ratings with their arm: after the study is closed, under pseudonyms, piece by piece."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from analysis.pseudonyms import Pseudonyms
from cohorts.models import Recording
from ratings import key
from ratings.items import Item
from ratings.models import Acquaintance, Adjudication, Presentation, Rating, Study, StudyRater
from ratings.queries import Scoring

ARMS = ("original", "de-identified")
RATED, ADJUDICATED = Q(adjudicates=False), Q(adjudicates=True)
PIECE = 1000  # presentations at once: a study may hold a million answers


class Sealed(Exception):
    """The study is not closed: nobody may see its ratings by arm."""


@dataclass(frozen=True, slots=True)
class LockedStudy:
    """A closed study, what stands for whom in it, and what was asked of each recording."""

    study: Study
    pseudonyms: Pseudonyms
    asked: dict[int, list[Item]]
    participant_of: dict[int, int]
    seeds: dict[tuple[int, int], str]  # of each rater's parts; a key that cannot be read is known here


class Showing(NamedTuple):
    """One presentation that counts, and what it showed."""

    rater: str
    position: int
    session: int
    participant: str
    recording: str
    arm: str
    method: str
    repeat: bool
    seen_before: bool | None
    started_at: datetime | None
    completed_at: datetime | None


class Answer(NamedTuple):
    """One answer that was asked for: the current one, or none."""

    rater: str
    position: int
    session: int
    participant: str
    recording: str
    item: str
    arm: str
    method: str
    repeat: bool
    unblinded: bool
    score: int | None
    not_sure: bool
    reason: str
    comment: str
    changes: int
    saved_at: datetime | None
    answered_at: datetime | None


def locked_study(study: Study) -> LockedStudy:
    """A study that may be read.

    Raises
    ------
    Sealed : the study is not closed
    ratings.key.KeyClosed : which version was shown cannot be read here
    """
    if study.state != Study.State.CLOSED:
        raise Sealed(f"study {study.pk} is {study.state}")
    scoring = Scoring(study)
    shown = Presentation.objects.filter(study=study).values("recording")
    recordings = list(Recording.objects.filter(pk__in=shown))
    return LockedStudy(
        study,
        Pseudonyms(study),
        {recording.pk: scoring.items_for(recording) for recording in recordings},
        {recording.pk: recording.participant_id for recording in recordings},
        key.seeds_of(study.pk),
    )


def in_order(rows: QuerySet[Any], *, rater: str = "rater", study: str = "study") -> QuerySet[Any]:
    """Rows by the number that stands for their rater."""
    place = StudyRater.seats.filter(study=OuterRef(study), rater=OuterRef(rater))
    return rows.annotate(number=Subquery(place.values("number")[:1]))


def showings_of(locked: LockedStudy, chosen: Q = RATED) -> Iterator[tuple[Presentation, Showing]]:
    """What raters saw, in the order in which each saw it, without what was taken out; what adjudicators saw is asked
    for by `chosen`."""
    shown = in_order(Presentation.objects.filter(chosen, study=locked.study, excluded_at__isnull=True))
    rows = shown.order_by("number", "position").iterator(chunk_size=PIECE)
    while piece := list(islice(rows, PIECE)):
        pks = [presentation.pk for presentation in piece]
        versions, known = key.versions_of(locked.study.pk, pks), _known(pks)
        for presentation in piece:
            yield presentation, _showing(locked, presentation, versions[presentation.pk], known.get(presentation.pk))


def _known(presentations: list[UUID]) -> dict[UUID, bool]:
    """Whether the rater says to have seen the person before; what was said last holds."""
    told = Acquaintance.objects.filter(presentation__in=presentations).order_by("id")
    return dict(told.values_list("presentation_id", "seen_before"))


def _showing(
    locked: LockedStudy, presentation: Presentation, version: key.Version, seen_before: bool | None
) -> Showing:
    names, recording = locked.pseudonyms, presentation.recording_id
    return Showing(
        rater=names.raters[presentation.rater_id],
        position=presentation.position,
        session=presentation.session,
        participant=names.participants[locked.participant_of[recording]],
        recording=names.recordings[recording],
        arm=ARMS[0] if version.is_original else ARMS[1],
        method="" if version.is_original else version.arm,
        repeat=version.repeat,
        seen_before=seen_before,
        started_at=presentation.started_at,
        completed_at=presentation.completed_at,
    )


def answers_of(locked: LockedStudy) -> Iterator[Answer]:
    """One row for each answer that was asked for, rater by rater, in the order of their showings."""
    return _answers(showings_of(locked), lambda shown: [item.code for item in locked.asked[shown.recording_id]])


def adjudicated_of(locked: LockedStudy) -> Iterator[Answer]:
    """One row for each item on which raters differed and somebody was asked to decide; `rater` is who was asked."""
    asked: dict[UUID, list[str]] = {}
    for one in Adjudication.objects.filter(presentation__study=locked.study):
        asked.setdefault(one.presentation_id, []).append(one.item)
    return _answers(showings_of(locked, ADJUDICATED), lambda shown: asked.get(shown.pk, []))


def _answers(
    shown: Iterator[tuple[Presentation, Showing]], asked: Callable[[Presentation], Iterable[str]]
) -> Iterator[Answer]:
    while piece := list(islice(shown, PIECE)):
        given = _given([presentation.pk for presentation, _ in piece])
        for presentation, showing in piece:
            for item in asked(presentation):
                yield _answer(presentation, showing, item, given.get((presentation.pk, item), []))


def _given(presentations: list[UUID]) -> dict[tuple[UUID, str], list[Rating]]:
    """All answers to each item of these presentations, the newest last."""
    given: dict[tuple[UUID, str], list[Rating]] = {}
    for rating in Rating.objects.filter(presentation__in=presentations).order_by("id"):
        given.setdefault((rating.presentation_id, rating.item), []).append(rating)
    return given


def _answer(presentation: Presentation, showing: Showing, item: str, given: list[Rating]) -> Answer:
    current = given[-1] if given else None
    broken = presentation.broken_at
    return Answer(
        rater=showing.rater,
        position=showing.position,
        session=showing.session,
        participant=showing.participant,
        recording=showing.recording,
        item=item,
        arm=showing.arm,
        method=showing.method,
        repeat=showing.repeat,
        unblinded=broken is not None and (current is None or current.saved_at > broken),
        score=current.score if current else None,
        not_sure=bool(current and current.not_sure),
        reason=(current and current.reason) or "",
        comment=current.comment if current else "",
        changes=max(len(given) - 1, 0),
        saved_at=current.saved_at if current else None,
        answered_at=current.answered_at if current else None,
    )
