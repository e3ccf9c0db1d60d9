"""One access function for each object: it returns the object or raises Http404, as if the object did not exist."""

import uuid

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.access import has_role
from accounts.models import Role, User
from cohorts.access import cohorts_for
from ratings.models import Presentation, Study, StudyMember


def studies_for(user: User) -> QuerySet[Study]:
    """Studies that the user runs. Raters run none."""
    return Study.objects.filter(cohort__in=cohorts_for(user)).select_related("cohort")


def get_study(user: User, pk: int) -> Study:
    return get_object_or_404(studies_for(user), pk=pk)


def get_study_member(user: User, pk: int) -> StudyMember:
    return get_object_or_404(StudyMember.objects.select_related("study", "user"), pk=pk, study__in=studies_for(user))


def presentations_for(user: User) -> QuerySet[Presentation]:
    """A rater's own presentations, whatever became of the study."""
    if not has_role(user, Role.RATER):
        return Presentation.objects.none()
    return Presentation.objects.filter(rater=user).select_related("study", "rendition__recording")


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
