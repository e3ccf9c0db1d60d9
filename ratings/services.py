"""Every write to studies, presentations and ratings."""

import secrets
import uuid
from collections.abc import Iterable
from random import Random

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from cohorts.models import Cohort
from deid.services import request_original
from deid.validators import validate_method
from ratings import queries
from ratings.algorithms.allocation import Slot, allocate
from ratings.items import items_for
from ratings.models import Presentation, Rating, Study, StudyRater
from ratings.validators import (
    validate_answer,
    validate_item,
    validate_raters,
    validate_shown,
    validate_state,
    validate_study_name,
)


@transaction.atomic
def create_study(
    *, name: str, cohort: Cohort, method: str, raters: Iterable[User], actor: User | None, seed: int | None = None
) -> Study:
    """Draft a study of a cohort's released renditions, and ask for the re-encoded originals it will show."""
    validate_method(method)
    validate_study_name(name)
    chosen = sorted(set(raters), key=lambda user: user.pk)
    validate_raters(chosen)
    study = Study(name=name.strip(), cohort=cohort, method=method, created_by=actor)
    study.seed = secrets.randbits(63) if seed is None else seed
    study.full_clean()
    study.save()
    # Numbers by lot: the order of names must not give a rater away in the results.
    Random(f"{study.seed}/raters").shuffle(chosen)  # noqa: S311 - reproducible, not a secret
    for number, rater in enumerate(chosen, start=1):
        StudyRater.objects.create(study=study, rater=rater, number=number)
    audit.record(actor=actor, verb="study.created", target=study, note=method)
    prepare_study(study=study, actor=actor)
    return study


@transaction.atomic
def prepare_study(*, study: Study, actor: User | None) -> None:
    """Ask for every original that is missing; also the way on after one failed."""
    validate_state(study, Study.State.DRAFT)
    released = queries.shown_renditions(study)
    if not released:
        raise ValidationError(queries.nothing_to_show(study), code="nothing_released")
    for rendition in released:
        request_original(recording=rendition.recording, actor=actor, encoding=rendition.encoding)


@transaction.atomic
def open_study(*, study: Study, actor: User | None) -> Study:
    """Fix what every rater sees and in which order, and let them begin."""
    study = _locked(study)
    validate_state(study, Study.State.DRAFT)
    obstacles = queries.study_readiness(study)
    if obstacles:
        raise ValidationError(obstacles, code="not_ready")
    _write_presentations(study)
    study.state, study.opened_at = Study.State.OPEN, timezone.now()
    study.full_clean()
    study.save(update_fields=["state", "opened_at"])
    audit.record(actor=actor, verb="study.opened", target=study)
    return study


def _locked(study: Study) -> Study:
    return Study.objects.select_for_update(of=("self",), no_key=True).select_related("cohort").get(pk=study.pk)


def _write_presentations(study: Study) -> None:
    pairs = {pair.recording.pk: pair for pair in queries.pairs(study)}
    slots = [
        Slot(recording=pk, participant=pair.recording.participant_id, stratum=pair.recording.task)
        for pk, pair in pairs.items()
    ]
    places = list(study.places.order_by("number"))
    presentations = []
    for place, order in zip(places, allocate(slots, n_raters=len(places), seed=study.seed), strict=True):
        for position, showing in enumerate(order, start=1):
            pair = pairs[showing.slot.recording]
            presentations.append(
                Presentation(
                    study=study,
                    rater_id=place.rater_id,
                    position=position,
                    shown_bytes=pair.shown_bytes,
                    rendition=pair.original if showing.original else pair.deidentified,
                )
            )
    Presentation.objects.bulk_create(presentations)


@transaction.atomic
def close_study(*, study: Study, actor: User | None) -> Study:
    """End the rating for good; only then may results be read."""
    study = _locked(study)
    validate_state(study, Study.State.OPEN)
    study.state, study.closed_at = Study.State.CLOSED, timezone.now()
    study.full_clean()
    study.save(update_fields=["state", "closed_at"])
    audit.record(actor=actor, verb="study.closed", target=study)
    return study


@transaction.atomic
def start_presentation(*, presentation: Presentation) -> None:
    """Note when a rater saw a presentation first."""
    fresh = Presentation.objects.filter(pk=presentation.pk, started_at__isnull=True)
    if fresh.update(started_at=timezone.now()):
        audit.record(actor=presentation.rater, verb="presentation.started", target=presentation)


@transaction.atomic
def save_rating(
    *, presentation: Presentation, item: str, score: int | None, not_sure: bool, client_id: uuid.UUID, rater: User
) -> tuple[Rating, bool]:
    """Keep an answer; True beside it when it is new. The same delivery twice is one row.

    Raises
    ------
    ValidationError : with code "study_not_open" or "client_id_reused" when it conflicts with what is already there
    """
    validate_answer(score=score, not_sure=not_sure)
    # The study's row too: an answer is either in before the study closes, or refused.
    presentation = (
        Presentation.objects.select_for_update(of=("self", "study"), no_key=True)
        .select_related("study", "rendition__recording")
        .get(pk=presentation.pk, rater=rater)
    )
    validate_item(presentation.rendition.recording, item)
    rating = Rating(presentation=presentation, item=item, score=score, not_sure=not_sure, client_id=client_id)
    earlier = Rating.objects.filter(client_id=client_id).first()
    if earlier is not None:
        return _same(earlier, rating), False
    validate_state(presentation.study, Study.State.OPEN)
    validate_shown(presentation)
    rating.full_clean()
    try:
        with transaction.atomic():
            rating.save(force_insert=True)
    except IntegrityError:  # the id was used in this moment, for another presentation
        return _same(Rating.objects.get(client_id=client_id), rating), False
    _note_progress(presentation)
    return rating, True


def _same(earlier: Rating, rating: Rating) -> Rating:
    """The row of an earlier delivery, when this one says the same."""
    told = ("presentation_id", "item", "score", "not_sure")
    if any(getattr(earlier, name) != getattr(rating, name) for name in told):
        raise ValidationError(
            _("This client_id belongs to another answer already: use a new one for each answer."),
            code="client_id_reused",
        )
    return earlier


def _note_progress(presentation: Presentation) -> None:
    now = timezone.now()
    presentation.started_at = presentation.started_at or now
    if presentation.completed_at is None:
        asked = {item.code for item in items_for(presentation.rendition.recording)}
        if asked <= set(queries.current_answers(presentation)):
            presentation.completed_at = now
    presentation.save(update_fields=["started_at", "completed_at"])
