"""Who may look at results, and at which."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.access import has_role
from accounts.models import Role, User
from ratings.models import Study

READERS = (Role.INVESTIGATOR, Role.ADMINISTRATOR)


def studies_to_read(user: User) -> QuerySet[Study]:
    """Administrators read all studies, investigators those they are members of."""
    studies = Study.objects.select_related("cohort")
    if has_role(user, Role.ADMINISTRATOR):
        return studies
    if has_role(user, Role.INVESTIGATOR):
        return studies.filter(investigators=user)
    return studies.none()


def get_study_to_read(user: User, pk: int) -> Study:
    return get_object_or_404(studies_to_read(user), pk=pk)
