"""What waits for those who run studies."""

from collections.abc import Iterator

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import has_role
from accounts.models import Role, User
from frontend.waiting import Row, Waiting, first_of
from ratings import queries, sixface_queries
from ratings.models import Experiment, Study


def waiting(user: User) -> Iterator[Waiting]:
    if has_role(user, Role.JUDGE):
        yield _trials(user)
    if not has_role(user, Role.COORDINATOR, Role.ADMINISTRATOR):
        return
    studies = queries.study_list(user)
    being_rated = studies.filter(state=Study.State.OPEN)
    rated = Q(n_completed__gte=F("n_presentations"))
    yield _kind(_("Studies that are rated"), being_rated.filter(rated), _("Look at the study and close it"))
    yield _kind(_("Studies to open"), studies.filter(state=Study.State.DRAFT), _("Go on with the study"))
    yield _kind(_("Being rated"), being_rated.exclude(rated))
    yield from _experiments(user)


def _kind(title: str, found: QuerySet[Study], action: str = "") -> Waiting:
    studies, n = first_of(found)
    rows = [
        Row(study.name, reverse("ratings:study", args=[study.pk]), study, done=study.n_completed,
            whole=study.n_presentations, at=study.opened_at or study.created_at)
        for study in studies
    ]  # fmt: skip
    return Waiting(title, n, rows, (action, rows[0].url) if action and rows else None, reverse("ratings:studies"))


def _trials(judge: User) -> Waiting:
    """Of a judge: experiments in which trials wait, practice or others."""
    own = sixface_queries.judges_experiments(judge)
    found = own.filter(pk__in=sixface_queries.waiting_trials(judge).order_by().values("experiment"))
    experiments, n = first_of(found)
    address = reverse("ratings:judging")
    rows = [Row(one.name, address, done=one.n_answered, whole=one.n_trials, at=one.opened_at) for one in experiments]
    action = (_("Judge the next trial"), f"{reverse('ratings:next_trial')}?rested") if rows else None
    return Waiting(_("Trials that wait for you"), n, rows, action, address)


def _experiments(user: User) -> Iterator[Waiting]:
    found = sixface_queries.experiment_list(user)
    judged = found.filter(state=Experiment.State.OPEN)
    answered = Q(n_answered__gte=F("n_trials"))
    yield _experiment_kind(_("Experiments that are answered"), judged.filter(answered), _("Look at it and close it"))
    drafts = found.filter(state=Experiment.State.DRAFT)
    yield _experiment_kind(_("Experiments to open"), drafts, _("Go on with the experiment"))
    yield _experiment_kind(_("Being judged"), judged.exclude(answered))


def _experiment_kind(title: str, found: QuerySet[Experiment], action: str = "") -> Waiting:
    experiments, n = first_of(found)
    rows = [
        Row(one.name, reverse("ratings:experiment", args=[one.pk]), one, done=one.n_answered, whole=one.n_trials,
            at=one.opened_at or one.created_at)
        for one in experiments
    ]  # fmt: skip
    return Waiting(title, n, rows, (action, rows[0].url) if action and rows else None, reverse("ratings:experiments"))
