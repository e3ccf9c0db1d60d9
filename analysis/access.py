"""Who may look at results and at the fidelity of renditions, and at which."""

from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.access import has_role
from accounts.models import Role, User
from analysis.models import Run
from cohorts.access import cohorts_for
from cohorts.consent import given_scopes
from cohorts.models import Cohort
from cohorts.vocabulary import Scope
from deid.algorithms.registry import ORIGINAL
from deid.models import Rendition
from ratings.models import Experiment, Study

READERS = (Role.INVESTIGATOR, Role.ADMINISTRATOR)
MEASURED_FOR = (Role.COORDINATOR, *READERS)


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


def experiments_to_read(user: User) -> QuerySet[Experiment]:
    """Administrators read all experiments, investigators those that name them."""
    experiments = Experiment.objects.select_related("cohort")
    if has_role(user, Role.ADMINISTRATOR):
        return experiments
    if has_role(user, Role.INVESTIGATOR):
        return experiments.filter(investigators=user)
    return experiments.none()


def get_experiment_to_read(user: User, pk: int) -> Experiment:
    return get_object_or_404(experiments_to_read(user), pk=pk)


def experiments_beside(user: User, experiment: Experiment) -> QuerySet[Experiment]:
    """What the user may read beside an experiment: closed ones on its cohort with other methods."""
    closed = experiments_to_read(user).filter(cohort=experiment.cohort_id, state=Experiment.State.CLOSED)
    return closed.exclude(method=experiment.method).order_by("method", "id")


def cohorts_to_read(user: User) -> QuerySet[Cohort]:
    """Cohorts whose renditions' fidelity the user may read: their own, or those of the studies they read."""
    if has_role(user, Role.INVESTIGATOR):
        return Cohort.objects.filter(pk__in=studies_to_read(user).values("cohort"))
    return cohorts_for(user)


def get_cohort_to_read(user: User, pk: int) -> Cohort:
    return get_object_or_404(cohorts_to_read(user), pk=pk)


def get_rendition_to_read(user: User, pk: int) -> Rendition:
    """Re-encoded originals belong to studies; what is still in review is for who reviews it."""
    renditions = Rendition.objects.exclude(method=ORIGINAL).filter(recording__cohort__in=cohorts_to_read(user))
    if has_role(user, Role.INVESTIGATOR):
        renditions = renditions.filter(state=Rendition.State.RELEASED)
    return get_object_or_404(
        renditions.select_related("recording__participant", "recording__cohort", "measurement"), pk=pk
    )


def runs_to_read(user: User) -> QuerySet[Run]:
    """Of studies whose results the user may read, and of cohorts whose fidelity they may read."""
    of_studies, of_cohorts = studies_to_read(user).order_by(), cohorts_to_read(user).order_by()
    own = Q(study__in=of_studies.values("pk")) | Q(cohort__in=of_cohorts.values("pk"))
    return Run.objects.filter(own).select_related("study__cohort", "cohort", "created_by")


def get_run_to_read(user: User, pk: int) -> Run:
    return get_object_or_404(runs_to_read(user), pk=pk)


def get_rendition_to_look_at(user: User, pk: int) -> Rendition:
    """The video itself. Investigators see it only while the participant agrees to research."""
    rendition = get_rendition_to_read(user, pk)
    if has_role(user, Role.INVESTIGATOR) and Scope.RESEARCH not in given_scopes(rendition.recording.participant):
        raise Http404
    return rendition
