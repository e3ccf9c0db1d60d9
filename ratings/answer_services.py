"""How one answer is kept, of the study proper and of practice alike; and what is asked beside it."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Required, TypedDict, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model

from accounts.models import User
from ratings.answer_models import Answer
from ratings.models import Acquaintance, Presentation, SessionSignature, Study, StudyRater
from ratings.validators import (
    same_row,
    validate_current,
    validate_not_debriefed,
    validate_shown,
    validate_state,
    validate_unsigned,
)

Kept = TypeVar("Kept", bound=Answer)
Row = TypeVar("Row", bound=Model)

TOLD = ("item", "score", "not_sure", "reason", "comment", "change_reason")


class Given(TypedDict, total=False):
    """What a browser sends of one answer. Without `replaces` it does not say which answer it believes to be current."""

    item: Required[str]
    score: Required[int | None]
    not_sure: Required[bool]
    client_id: Required[uuid.UUID]
    reason: str
    comment: str
    replaces: uuid.UUID | None
    change_reason: str
    answered_at: datetime | None


def keep(
    answer: Kept, given: Given, told: tuple[str, ...], *, check: Callable[[], None], current: Callable[[], Kept | None]
) -> tuple[Kept, bool]:
    """Keep what was given as the current answer; True beside it when it is new. The same delivery twice is one row.

    Parameters
    ----------
    answer : a new row that knows whose it is and to what
    told : fields that make a repeat the same answer, besides those of every answer
    check : raises when nothing may be answered any more; a repeat is not asked
    current : the answer that stands now; the caller holds a lock under which it stays so
    """
    for name, value in given.items():
        if name != "replaces":
            setattr(answer, name, value)
    answer.reason, answer.change_reason = answer.reason or "", answer.change_reason or ""
    answer.comment = given.get("comment", "")
    told = (*told, *TOLD)
    if earlier := _earlier(answer):
        return same_row(earlier, answer, told), False
    check()
    now = current()
    validate_current(now, answer.change_reason, *([given["replaces"]] if "replaces" in given else []))
    answer.replaces = now
    answer.full_clean(exclude=answer.SEALED)
    return _added(answer, told)


def _earlier(row: Row) -> Row | None:
    return type(row)._default_manager.filter(client_id=row.client_id).first()  # type: ignore[attr-defined]


def _added(row: Row, told: tuple[str, ...]) -> tuple[Row, bool]:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # the id was used in this moment, for something else
        if earlier := _earlier(row):
            return same_row(earlier, row, told), False
        raise
    return row, True


def held(presentation: Presentation, rater: User) -> tuple[Presentation, StudyRater]:
    """A rater's presentation and place, so that their own deliveries queue; the study, so that it does not close.

    Others' deliveries do not wait: of the study each holds a share, which only the closing conflicts with.
    """
    own = Presentation.objects.select_for_update(of=("self",), no_key=True).select_related("recording")
    presentation = own.get(pk=presentation.pk, rater=rater)
    presentation.study = share_of(presentation.study_id)
    return presentation, held_place(presentation.study, rater)


def share_of(study: int) -> Study:
    """Django knows no FOR SHARE."""
    return Study.objects.raw("SELECT * FROM ratings_study WHERE id = %s FOR SHARE", [study])[0]


def held_place(study: Study, rater: User) -> StudyRater:
    places = StudyRater.seats.select_for_update(of=("self",), no_key=True)
    return places.select_related("rater").get(study=study, rater=rater)


def check_open(presentation: Presentation, place: StudyRater) -> None:
    """The study takes answers, shows this, and its session is not signed."""
    validate_state(presentation.study, Study.State.OPEN)
    validate_shown(presentation)
    validate_not_debriefed(presentation)
    signed = SessionSignature.objects.filter(place=place, session=presentation.session, voided_at__isnull=True)
    validate_unsigned(signed.first())


@transaction.atomic
def save_acquaintance(
    *, presentation: Presentation, rater: User, client_id: uuid.UUID, seen_before: bool
) -> tuple[Acquaintance, bool]:
    """Keep whether the rater has seen this person before; True beside it when it is new.

    Raises
    ------
    ValidationError : with the codes of `services.save_rating`
    """
    presentation, place = held(presentation, rater)
    row = Acquaintance(presentation=presentation, client_id=client_id, seen_before=seen_before)
    told = ("presentation_id", "seen_before")
    if earlier := _earlier(row):
        return same_row(earlier, row, told), False
    check_open(presentation, place)
    row.full_clean()
    return _added(row, told)
