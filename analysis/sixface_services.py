"""Looks at the results of six-face experiments: each enters the audit log, and those that leave are called back."""

from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from analysis.sixface_answers import pseudonyms
from analysis.sixface_result import Result, result_of
from audit.models import Event
from cohorts.holdings import Export
from cohorts.models import Participant
from ratings.models import Experiment

EXPERIMENT_READ = "experiment.results_read"


@transaction.atomic
def read_experiment(*, experiment: Experiment, reader: User, note: str) -> Result:
    """The result of a closed experiment; `Sealed` before it is closed. `note` says for what."""
    result = result_of(experiment)
    audit.record(actor=reader, verb=EXPERIMENT_READ, target=experiment, note=note)
    return result


def experiment_exports(participant: Participant) -> Iterator[Export]:
    """What was taken out of experiments in which a participant was seen."""
    own = Experiment.objects.filter(trials__faces__participant=participant, state=Experiment.State.CLOSED).distinct()
    for experiment in own.order_by("pk"):
        taken = Event.objects.filter(
            verb=EXPERIMENT_READ, note="zip", target_id=str(experiment.pk), target_type="ratings.Experiment"
        )
        named = pseudonyms(experiment) if taken.exists() else {}
        what = _("Trials of experiment “%(experiment)s”: remove the rows of %(pseudonym)s") % {
            "experiment": experiment.name, "pseudonym": named.get(str(participant.pk), _("nobody")),
        }  # fmt: skip
        for event in taken.select_related("actor").order_by("id"):
            yield Export.of(what, event)
