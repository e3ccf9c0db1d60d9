"""Who may look at results, and at which."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.access import has_role
from accounts.models import Role, User
from ratings.models import Study

READERS = (Role.INVESTIGATOR, Role.ADMINISTRATOR)


def studies_to_read(user: User) -> QuerySet[Study]:
    return Study.objects.select_related("cohort") if has_role(user, *READERS) else Study.objects.none()


def get_study_to_read(user: User, pk: int) -> Study:
    return get_object_or_404(studies_to_read(user), pk=pk)
