"""Every write to the debrief: its beginning, which ends the rater's ratings, and each guess."""

import random

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import audit.services as audit
from ratings.debrief_queries import debrief_of
from ratings.models import DebriefShowing, Guess, Presentation, Study, StudyRater
from ratings.services import locked
from ratings.validators import validate_guess, validate_shown, validate_state


@transaction.atomic
def begin_debrief(*, place: StudyRater) -> int:
    """Draw what a rater is asked about, in an order by lot; from now on their answers stand. Returns how many.

    Raises
    ------
    ValidationError : the study is not open, asks for no debrief, or videos are still to be rated
    """
    study = locked(place.study)  # held: an answer is either in before, or refused
    validate_state(study, Study.State.OPEN)
    debrief = debrief_of(StudyRater.objects.select_related("study", "rater").get(pk=place.pk))
    if debrief.begun:
        return debrief.n_drawn
    if not debrief.wanted:
        raise ValidationError(_("This study asks nothing after the ratings."), code="no_debrief")
    if debrief.n_unrated:
        raise ValidationError(
            ngettext(
                "%(n)d video is not rated yet: the questions come after all ratings.",
                "%(n)d videos are not rated yet: the questions come after all ratings.",
                debrief.n_unrated,
            )
            % {"n": debrief.n_unrated},
            code="not_rated",
        )
    own = Presentation.objects.filter(
        study=study, rater=place.rater_id, excluded_at__isnull=True, adjudicates=False
    ).order_by("position")
    rated = list(own)
    drawn = random.SystemRandom().sample(rated, min(study.design.debrief_videos, len(rated)))
    DebriefShowing.objects.bulk_create(
        DebriefShowing(place=place, presentation=one, position=number) for number, one in enumerate(drawn, start=1)
    )
    audit.record(actor=place.rater, verb="debrief.begun", target=place, note=f"{len(drawn)} videos")
    return len(drawn)


@transaction.atomic
def give_guess(*, showing: DebriefShowing, taken_for: str, confidence: int | None) -> Guess:
    """What the rater took the video for. Once."""
    showing = (
        DebriefShowing.objects.select_for_update(of=("self",), no_key=True)
        .select_related("presentation", "place__study", "place__rater")
        .get(pk=showing.pk)
    )
    validate_state(locked(showing.place.study), Study.State.OPEN)
    validate_shown(showing.presentation)
    validate_guess(taken_for=taken_for, confidence=confidence)
    if Guess.objects.filter(showing=showing).exists():
        raise ValidationError(_("You have answered this already, and an answer here stands."), code="given")
    guess = Guess(showing=showing, taken_for=taken_for, confidence=confidence)
    guess.full_clean()
    guess.save(force_insert=True)
    audit.record(actor=showing.place.rater, verb="debrief.answered", target=showing)
    return guess
