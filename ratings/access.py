"""One access function for each object: it returns the object or raises Http404, as if the object did not exist."""

import uuid

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.access import has_role
from accounts.models import Role, User
from cohorts.access import cohorts_for
from ratings.models import (
    Adjudicator,
    CodeBreak,
    DebriefShowing,
    Exclusion,
    PracticeCase,
    Presentation,
    ProtocolVersion,
    SessionSignature,
    Study,
    StudyMember,
    StudyRater,
)
from ratings.session_queries import Session, sessions_of


def studies_for(user: User) -> QuerySet[Study]:
    """Studies that the user runs. Raters run none."""
    return Study.objects.filter(cohort__in=cohorts_for(user)).select_related("cohort")


def get_study(user: User, pk: int) -> Study:
    return get_object_or_404(studies_for(user), pk=pk)


def get_study_member(user: User, pk: int) -> StudyMember:
    return get_object_or_404(StudyMember.objects.select_related("study", "user"), pk=pk, study__in=studies_for(user))


def get_place(user: User, pk: int) -> StudyRater:
    return get_object_or_404(StudyRater.objects.select_related("study", "rater"), pk=pk, study__in=studies_for(user))


def get_adjudicator(user: User, pk: int) -> Adjudicator:
    return get_object_or_404(Adjudicator.objects.select_related("study", "user"), pk=pk, study__in=studies_for(user))


def get_exclusion(user: User, pk: int) -> Exclusion:
    return get_object_or_404(Exclusion.objects.select_related("study"), pk=pk, study__in=studies_for(user))


def get_version(user: User, pk: int) -> ProtocolVersion:
    return get_object_or_404(ProtocolVersion, pk=pk, study__in=studies_for(user))


def get_code_break(user: User, pk: int) -> CodeBreak:
    breaks = CodeBreak.objects.select_related("study", "participant", "asked_by", "done_by")
    return get_object_or_404(breaks, pk=pk, study__in=studies_for(user))


def get_signature(user: User, pk: int) -> SessionSignature:
    """Any rater's, for who runs the study."""
    signatures = SessionSignature.objects.select_related("place__rater")
    return get_object_or_404(signatures, pk=pk, place__study__in=studies_for(user))


def get_session(user: User, pk: int, number: int) -> Session:
    """A rater's own session of an open study."""
    for session in sessions_of(user):
        if (session.study.pk, session.number) == (pk, number):
            return session
    raise Http404


def get_case_to_edit(user: User, pk: uuid.UUID) -> PracticeCase:
    return get_object_or_404(PracticeCase.objects.select_related("study"), pk=pk, study__in=studies_for(user))


def practice_for(user: User) -> QuerySet[PracticeCase]:
    """Practice of the studies that the user rates in, whatever became of them."""
    if not has_role(user, Role.RATER):
        return PracticeCase.objects.none()
    own = PracticeCase.objects.filter(study__places__rater=user, rendition__isnull=False)
    return own.select_related("study", "recording")


def get_practice(user: User, pk: uuid.UUID) -> PracticeCase:
    """A case of a rater's own study while it is open."""
    shown = practice_for(user).filter(study__state=Study.State.OPEN, excluded_at__isnull=True)
    return get_object_or_404(shown, pk=pk)


def get_practice_to_answer(user: User, pk: uuid.UUID) -> PracticeCase:
    return get_object_or_404(practice_for(user), pk=pk)


def presentations_for(user: User) -> QuerySet[Presentation]:
    """A rater's own presentations, whatever became of the study."""
    if not has_role(user, Role.RATER):
        return Presentation.objects.none()
    return Presentation.objects.filter(rater=user).select_related("study", "recording")


def shown_presentations(user: User) -> QuerySet[Presentation]:
    """A rater's own presentations that may be looked at: those of open studies that were not taken out."""
    return presentations_for(user).filter(study__state=Study.State.OPEN, excluded_at__isnull=True)


def get_presentation(user: User, pk: uuid.UUID) -> Presentation:
    """A rater's own presentation while its study is open."""
    return get_object_or_404(shown_presentations(user), pk=pk)


def taken_out(user: User, pk: uuid.UUID) -> bool:
    """Whether this was the rater's own presentation, in a study that goes on, before its participant withdrew."""
    own = presentations_for(user).filter(pk=pk, study__state=Study.State.OPEN)
    return own.filter(excluded_at__isnull=False).exists()


def get_presentation_to_answer(user: User, pk: uuid.UUID) -> Presentation:
    """A rater's own presentation: an answer that comes after the closing is told so, not that there was nothing."""
    return get_object_or_404(presentations_for(user), pk=pk)


def get_own_place(user: User, study: int) -> StudyRater:
    """A rater's own place in a study that is open."""
    open_ones = StudyRater.objects.filter(rater=user, study__state=Study.State.OPEN)
    return get_object_or_404(open_ones.select_related("study", "rater"), study=study)


def get_debrief_showing(user: User, presentation: uuid.UUID) -> DebriefShowing:
    """What a rater is asked after their ratings, by the presentation that shows it."""
    shown = DebriefShowing.objects.filter(presentation__in=shown_presentations(user))
    return get_object_or_404(
        shown.select_related("presentation", "place__study", "place__rater"), presentation=presentation
    )
