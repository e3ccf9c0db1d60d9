"""Reads of practice: what is needed for it, and how far a rater is with it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from cohorts.access import cohorts_for
from cohorts.models import Recording
from deid.algorithms.registry import ORIGINAL, get_method
from deid.models import Rendition
from frontend.told import told
from ratings import queries
from ratings.models import PracticeAnswer, PracticeCase, Study, StudyRater


def renditions(study: Study, method: str) -> dict[int, Rendition]:
    """The released rendition by a method of each practice recording that has one and may be shown, by recording."""
    released = Rendition.objects.filter(
        queries.agreed(),
        recording__in=study.practice_cases.values("recording"),
        method=method,
        state=Rendition.State.RELEASED,
    ).select_related("recording__participant")
    newest = released.order_by("recording_id", "-id").distinct("recording_id")
    return {rendition.recording_id: rendition for rendition in newest}


def pairs(study: Study) -> list[queries.Pair]:
    """All versions of each practice recording: they go through the last encode as those of the study do."""
    released = list(renditions(study, study.method).values())
    return queries.whole_pairs(released, [renditions(study, method) for method in study.more_methods])


def possible_recordings(study: Study, user: User) -> QuerySet[Recording]:
    """Recordings with a released rendition, of the study's cohort or of another that the user may use."""
    released = Rendition.objects.filter(method=study.method, state=Rendition.State.RELEASED).values("recording")
    own = Recording.objects.filter(pk__in=released, cohort__in=cohorts_for(user))
    return own.exclude(pk__in=study.practice_cases.values("recording")).select_related("participant").order_by("pk")


def frozen(study: Study) -> list[dict[str, Any]]:
    """Practice as the pack of the protocol says it."""
    return [
        {"recording": case.recording_id, "version": case.version, "reference": case.reference,
         "explanation": case.explanation}
        for case in study.practice_cases.all()
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """A case as the study's page shows it."""

    case: PracticeCase
    version: str
    scores: str


def listed(study: Study) -> list[Listed]:
    asked = study.design.asked()
    return [
        Listed(
            case,
            _("Original") if case.version == ORIGINAL else told(get_method(case.version).label),
            ", ".join(f"{asked.get(code, code)} {score}" for code, score in case.reference.items()),
        )
        for case in study.practice_cases.select_related("recording__participant")
    ]


def missing(study: Study) -> Iterator[str]:
    """Why raters could not practise, in sentences."""
    cases = list(study.practice_cases.select_related("recording__participant"))
    if not cases:
        return
    scoring, whole = queries.Scoring(study), {pair.recording.pk for pair in pairs(study)}
    for case in cases:
        names = {"recording": case.recording}
        if case.recording_id not in whole:
            yield (
                _(
                    "The practice case %(recording)s lacks a version or a consent: it needs the consents to research "
                    "and to rating by experts outside, a released rendition by every method, and its original."
                )
                % names
            )
        if case.version not in (ORIGINAL, *study.methods):
            yield _("The practice case %(recording)s shows a version that is no arm of the study: add it anew.") % names
        asked = {item.code: len(item.levels) for item in scoring.items_for(case.recording)}
        scores = {code: score for code, score in case.reference.items() if code in asked and score < asked[code]}
        if not asked or set(scores) != set(asked) or set(case.reference) != set(asked):
            yield (
                _(
                    "The practice case %(recording)s needs a reference score for each of its items, and for no other: "
                    "add it anew."
                )
                % names
            )


def cases_of(study: int) -> QuerySet[PracticeCase]:
    """Those that may be shown, in their order."""
    return PracticeCase.objects.filter(study=study, rendition__isnull=False, excluded_at__isnull=True)


def current_answers(case: PracticeCase, place: StudyRater) -> dict[str, PracticeAnswer]:
    """The newest answer of a rater to each item that has one."""
    newest = place.practice_answers.filter(case=case).order_by("item", "-id").distinct("item")
    return {answer.item: answer for answer in newest}


def unfinished(study: Study, rater: User) -> list[PracticeCase]:
    """Cases of which the rater has not answered every item; the study proper waits for them.

    None for who only adjudicates: practice is done under a place of the study.
    """
    cases = list(cases_of(study.pk).order_by("position"))
    if not cases or not study.places.filter(rater=rater).exists():
        return []
    answers = PracticeAnswer.objects.filter(case__in=cases, place__rater=rater).values_list("case", "item")
    given = set(answers)
    return [case for case in cases if any((case.pk, item) not in given for item in case.reference)]


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a rater is told of a practice item."""

    score: int
    word: str
    explanation: str


def feedback(case: PracticeCase, item: str, answered: Collection[str]) -> Feedback | None:
    """The reference of an item that is answered; nothing before.

    The explanation comes when all items are answered: before that it could tell the reference of one that waits.
    """
    if item not in answered:
        return None
    score = case.reference[item]
    word = str(case.study.design.asked()[item].levels[score])
    return Feedback(score, word, case.explanation if set(case.reference) <= set(answered) else "")
