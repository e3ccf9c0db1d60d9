"""What waits for those who read results. Administrators may read them too, but their home is about the work before."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import has_role
from accounts.models import Role, User
from analysis import queries
from analysis.access import experiments_to_read
from frontend.waiting import Row, Waiting, first_of
from ratings.models import Experiment, Study
from ratings.sixface_queries import with_trials


def waiting(user: User) -> Iterator[Waiting]:
    if not has_role(user, Role.INVESTIGATOR):
        return
    studies = queries.result_list(user)
    closed, n = first_of(studies.filter(state=Study.State.CLOSED).order_by("-closed_at"))
    rows = [Row(study.name, _address(study), study, at=study.closed_at) for study in closed]
    action = (_("Read the newest result"), rows[0].url) if rows else None
    yield Waiting(_("Results to read"), n, rows, action, reverse("analysis:studies"))
    going, n = first_of(studies.filter(state=Study.State.OPEN))
    rows = [
        Row(study.name, _address(study), study, done=study.n_completed, whole=study.n_presentations, at=study.opened_at)
        for study in going
    ]
    yield Waiting(_("Being rated; sealed until closed"), n, rows, all_url=reverse("analysis:studies"))
    yield from _experiments(user)


def _experiments(user: User) -> Iterator[Waiting]:
    experiments = with_trials(experiments_to_read(user))
    kinds = (
        (_("Experiments to read"), Experiment.State.CLOSED),
        (_("Being judged; sealed until closed"), Experiment.State.OPEN),
    )
    for title, state in kinds:
        found, n = first_of(experiments.filter(state=state))
        rows = [
            Row(one.name, reverse("analysis:experiment", args=[one.pk]), one, done=one.n_answered, whole=one.n_trials,
                at=one.closed_at or one.opened_at)
            for one in found
        ]  # fmt: skip
        action = (_("Read the newest experiment"), rows[0].url) if rows and state == Experiment.State.CLOSED else None
        yield Waiting(title, n, rows, action, reverse("analysis:studies"))


def _address(study: Study) -> str:
    return reverse("analysis:study", args=[study.pk])
