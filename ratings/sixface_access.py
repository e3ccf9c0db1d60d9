"""Who may open experiments and trials; what is another's is not there (404)."""

import uuid

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404

from accounts.access import has_role
from accounts.models import Role, User
from cohorts.access import cohorts_for
from cohorts.consent import consenting
from cohorts.vocabulary import Scope
from ratings.models import Experiment, Trial, TrialFace

SHOWN_WITH = (Scope.RESEARCH, Scope.LAY_JUDGES)  # what everybody in a trial agrees to


def experiments_for(user: User) -> QuerySet[Experiment]:
    """Experiments that the user runs."""
    return Experiment.objects.filter(cohort__in=cohorts_for(user)).select_related("cohort")


def get_experiment(user: User, pk: int) -> Experiment:
    return get_object_or_404(experiments_for(user), pk=pk)


def trials_for(user: User) -> QuerySet[Trial]:
    """A judge's own trials, whatever became of the experiment."""
    if not has_role(user, Role.JUDGE):
        return Trial.objects.none()
    return Trial.objects.filter(judge__user=user).select_related("experiment", "judge")


def shown_trials(user: User) -> QuerySet[Trial]:
    """Those that may be looked at: of open experiments, not taken out, and everybody in them agrees now."""
    shown = trials_for(user).filter(experiment__state=Experiment.State.OPEN, excluded_at__isnull=True)
    for scope in SHOWN_WITH:
        lacking = TrialFace.objects.filter(trial=OuterRef("pk")).exclude(participant__in=consenting(scope))
        shown = shown.filter(~Exists(lacking))
    return shown


def get_trial(user: User, pk: uuid.UUID) -> Trial:
    return get_object_or_404(shown_trials(user), pk=pk)


def get_trial_to_answer(user: User, pk: uuid.UUID) -> Trial:
    """An answer that comes after the closing is told so, not that there was nothing."""
    return get_object_or_404(trials_for(user), pk=pk)
