"""Every write to studies, presentations and ratings."""

import secrets
from collections.abc import Iterable
from random import Random
from typing import Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

import audit.services as audit
from accounts.models import User
from cohorts.models import Cohort
from deid.services import request_original
from ratings import (
    allocation_services,
    answer_services,
    practice_queries,
    practice_services,
    preflight,
    protocol_services,
    queries,
)
from ratings.answer_services import Given
from ratings.equal_arms_services import request_last_encodes
from ratings.models import Presentation, Rating, Study, StudyRater
from ratings.protocol import Protocol
from ratings.protocol_validators import validate_methods
from ratings.validators import (
    validate_given,
    validate_raters,
    validate_score_of,
    validate_state,
    validate_study_name,
)


@transaction.atomic
def create_study(
    *,
    name: str,
    cohort: Cohort,
    method: str,
    raters: Iterable[User],
    actor: User | None,
    more_methods: Iterable[str] = (),
    seed: int | None = None,
    protocol: Protocol | None = None,
) -> Study:
    """Draft a study of a cohort's released renditions, and ask for the re-encoded originals it will show."""
    validate_methods([method, *more_methods])
    validate_study_name(name)
    chosen = sorted(set(raters), key=lambda user: user.pk)
    validate_raters(chosen)
    study = Study(name=name.strip(), cohort=cohort, method=method, more_methods=list(more_methods), created_by=actor)
    study.protocol = (protocol or Protocol()).to_json()
    study.seed = secrets.randbits(63) if seed is None else seed
    study.full_clean()
    study.save()
    # Numbers by lot: the order of names must not give a rater away in the results.
    Random(f"{study.seed}/raters").shuffle(chosen)  # noqa: S311 - reproducible, not a secret
    for number, rater in enumerate(chosen, start=1):
        StudyRater.objects.create(study=study, rater=rater, number=number)
    audit.record(actor=actor, verb="study.created", target=study, note=" ".join(study.methods))
    prepare_study(study=study, actor=actor)
    return study


@transaction.atomic
def prepare_study(*, study: Study, actor: User | None) -> None:
    """Ask for every original that is missing; also the way on after one failed."""
    if study.state == Study.State.CLOSED:
        validate_state(study, Study.State.DRAFT)
    released = queries.shown_renditions(study)
    if not released:
        raise ValidationError(preflight.nothing_to_show(study), code="nothing_released")
    practice = practice_queries.renditions(study, study.method).values()
    for rendition in [*released, *practice]:
        request_original(recording=rendition.recording, actor=actor, encoding=rendition.encoding)
    request_last_encodes(study=study, again=True)


@transaction.atomic
def open_study(*, study: Study, actor: User | None) -> Study:
    """Freeze the protocol, seal what every rater sees and in which order, and let them begin."""
    study = locked(study)
    validate_state(study, Study.State.DRAFT)
    obstacles = preflight.reasons(study)
    if obstacles:
        raise ValidationError(obstacles, code="not_ready")
    with practice_services.fixed_cases(study):
        protocol_services.freeze_protocol(study=study, actor=actor)
        allocation_services.present(study=study, pairs=queries.pairs(study), places=study.places.order_by("number"))
    study.state, study.opened_at = Study.State.OPEN, timezone.now()
    study.full_clean()
    study.save(update_fields=["state", "opened_at"])
    audit.record(actor=actor, verb="study.opened", target=study)
    return study


def locked(study: Study) -> Study:
    return Study.objects.select_for_update(of=("self",), no_key=True).select_related("cohort").get(pk=study.pk)


def new_place(*, study: Study, rater: User, rates: bool = True) -> StudyRater:
    """The next number of a locked study for a rater; an adjudicator who rates from now on keeps theirs."""
    place = StudyRater.seats.filter(study=study, rater=rater, rates=False).first()
    if place is None:
        last = StudyRater.seats.filter(study=study).aggregate(last=Max("number"))["last"]
        place = StudyRater(study=study, rater=rater, number=(last or 0) + 1)
    place.rates = rates
    place.full_clean()
    place.save()
    return place


@transaction.atomic
def close_study(*, study: Study, actor: User | None) -> Study:
    """End the rating for good; only then may results be read."""
    study = locked(study)
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
def save_rating(*, presentation: Presentation, rater: User, **given: Unpack[Given]) -> tuple[Rating, bool]:
    """Keep an answer; True beside it when it is new. The same delivery twice is one row.

    Raises
    ------
    ValidationError : with a code of `api.CONFLICTS` when it conflicts with what is already there
    """
    validate_given(given)
    presentation, place = answer_services.held(presentation, rater)
    asked = queries.Scoring(presentation.study).items_for(presentation.recording)
    validate_score_of(asked, given["item"], given["score"])

    def check() -> None:
        answer_services.check_open(presentation, place)
        if presentation.started_at is None:
            practice_services.validate_practised(presentation)

    rating, new = answer_services.keep(
        Rating(presentation=presentation, place=place),
        given,
        ("presentation_id",),
        check=check,
        current=lambda: queries.current_answers(presentation).get(given["item"]),
    )
    if new:
        _note_progress(presentation)
    return rating, new


def _note_progress(presentation: Presentation) -> None:
    now = timezone.now()
    presentation.started_at = presentation.started_at or now
    if presentation.completed_at is None:
        scoring = queries.Scoring(presentation.study)
        asked = {item.code for item in scoring.items_for(presentation.recording)}
        if asked <= set(queries.current_answers(presentation)):
            presentation.completed_at = now
    presentation.save(update_fields=["started_at", "completed_at"])
