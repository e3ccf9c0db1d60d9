"""What six-face experiments hold of a participant: trials in which they, or a face made from theirs, are seen."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from cohorts.holdings import HeldFile
from cohorts.models import Participant
from cohorts.vocabulary import Scope
from ratings.models import Experiment, Trial
from ratings.sixface_access import SHOWN_WITH


def trials_with(participant: Participant) -> QuerySet[Trial]:
    return Trial.objects.filter(faces__participant=participant)


def plan_trials(participant: Participant) -> list[tuple[str, int]]:
    kept = trials_with(participant).filter(void=False)
    return [
        (_("Trials with this face that are closed and whose pictures are destroyed"), kept.count()),
        (
            _("Answers of judges that are kept and excluded from every result"),
            kept.filter(answer__isnull=False).count(),
        ),
    ]


def trial_files(participant: Participant) -> Iterator[HeldFile]:
    """The whole picture goes: the other five faces cannot be shown without this one."""
    for trial in trials_with(participant).order_by("storage_name"):
        yield HeldFile("trial", trial.experiment_id, trial.storage_name, trial.sha256, trial.n_bytes)


def void_trials(participant: Participant, actor: User) -> None:
    """Shown to nobody any more, and counted in no result."""
    _exclude(trials_with(participant).filter(void=False), actor, void=True)


def trials_without_consent(participant: Participant, scope: Scope, actor: User | None) -> None:
    """What was answered while the consent held stays; what waits is shown to nobody."""
    if scope in SHOWN_WITH:
        unanswered = trials_with(participant).exclude(experiment__state=Experiment.State.CLOSED)
        _exclude(unanswered.filter(excluded_at__isnull=True, answer__isnull=True), actor, void=False)


def _exclude(rows: QuerySet[Trial], actor: User | None, *, void: bool) -> None:
    fresh = list(rows.order_by("pk").values_list("pk", flat=True))
    for trial in Trial.objects.filter(pk__in=fresh).select_for_update(of=("self",), no_key=True).order_by("pk"):
        trial.excluded_at, trial.void = trial.excluded_at or timezone.now(), void
        trial.save(update_fields=["excluded_at", "void"])
        audit.record(actor=actor, verb="trial.excluded", target=trial)
