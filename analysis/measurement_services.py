"""Every write to measurements: asked for, rung, finished, failed."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from analysis.models import Measurement
from cohorts.consent import consenting, validate_consent
from cohorts.models import Participant, Recording
from cohorts.vocabulary import Scope
from config.celery import ring
from deid.algorithms.registry import ORIGINAL
from deid.leases import finishing, waiting_rows
from deid.models import Rendition
from deid.rendering import readable

QUEUE = "measure"  # of its own: nobody waits for a rendition because an hour of video is being measured
AT_ONCE = 100
RUNG = 4  # each time: measuring takes minutes, and messages must not pile up beside those that nobody took yet
SHOWN = (Rendition.State.IN_REVIEW, Rendition.State.RELEASED)


def request_missing() -> int:
    """Ask for what nobody has asked for: recordings that are stored and renditions that are made, where the
    participant agrees to research. What these rows are made from is the database alone, so none can be forgotten."""
    agreeing = consenting(Scope.RESEARCH)
    recordings = Recording.objects.filter(participant__in=agreeing, measurement=None)
    renditions = Rendition.objects.filter(
        recording__participant__in=agreeing, measurement=None, state__in=SHOWN
    ).exclude(method=ORIGINAL)
    rows = [Measurement(recording=each) for each in recordings.order_by("pk")[:AT_ONCE]]
    rows += [Measurement(rendition=each) for each in renditions.order_by("pk")[:AT_ONCE]]
    Measurement.objects.bulk_create(rows, ignore_conflicts=True)  # two schedulers may do this at once
    return len(rows)


def sweep_measurements() -> int:
    """Ring for the first measurements that wait; end those that never get through."""
    waiting = waiting_rows(Measurement.objects.all(), RUNG)
    for measurement in waiting:
        _ring(measurement.pk)
    return len(waiting)


def _ring(pk: int) -> None:
    ring("analysis.tasks.measure", queue=QUEUE, measurement_id=pk)


@transaction.atomic
def measure_again(*, rendition: Rendition, actor: User) -> Measurement:
    """Measure a rendition anew, after a failure or with newer models."""
    validate_consent(rendition.recording.participant, Scope.RESEARCH)
    measurement = Measurement.objects.select_for_update(of=("self",)).filter(rendition=rendition).first()
    if measurement is None:
        measurement = Measurement(rendition=rendition)
    elif measurement.is_open:
        raise ValidationError(
            _("This rendition is being measured: it is “%(state)s”.") % {"state": measurement.get_state_display()},
            code="open",
        )
    measurement.state, measurement.error, measurement.report = Measurement.State.QUEUED, "", {}
    measurement.attempts, measurement.finished_at = 0, None
    measurement.full_clean()
    measurement.save()
    audit.record(actor=actor, verb="rendition.measure_again", target=rendition)
    pk = measurement.pk
    transaction.on_commit(lambda: _ring(pk))
    return measurement


def finish_measurement(*, measurement: Measurement, report: dict[str, Any]) -> None:
    """Keep what was measured, if the work is still this worker's."""
    with finishing(measurement) as locked:
        locked.state, locked.progress, locked.stage = Measurement.State.DONE, 1, ""
        locked.error, locked.report = "", report
        audit.record(actor=None, verb=f"{locked.video._meta.model_name}.measured", target=locked.video)


def fail_measurement(*, measurement: Measurement, error: Exception) -> None:
    """Bring a measurement to its end with a message that a person can read."""
    with finishing(measurement) as locked:
        locked.state, locked.error, locked.stage = Measurement.State.FAILED, readable(error), ""


def forget_measurements(*, participant: Participant, only_open: bool) -> None:
    """Remove measurements; a worker in the middle of one finds its row gone and leaves nothing."""
    rows = Measurement.objects.filter(recording__participant=participant) | Measurement.objects.filter(
        rendition__recording__participant=participant
    )
    if only_open:
        rows = rows.filter(state__in=[Measurement.State.QUEUED, Measurement.State.RUNNING])
    rows.delete()
