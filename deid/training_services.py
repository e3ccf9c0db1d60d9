"""Every write to the training of networks that a person asks for; what workers write stands in `training_work`."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from cohorts import storage
from config.celery import ring
from deid.leases import claimable, waiting_rows
from deid.training_folders import run_folder
from deid.training_models import TrainingRun
from deid.training_validators import validate_config, validate_kind, validate_training_set
from deid.weight_services import add_weights
from deid.weights import model_store
from modelstore.errors import BadWeights

QUEUE = "gpu"
State = TrainingRun.State


def ring_training(run: TrainingRun) -> None:
    ring("deid.tasks.train", queue=QUEUE, run_id=run.pk)


@transaction.atomic
def start_training(*, actor: User | None, **asked: Any) -> TrainingRun:
    """Ask for a training.

    Parameters
    ----------
    asked : `kind`, `training_set`, `config` (TOML), `licence`, `commercial`
    """
    run = TrainingRun(created_by=actor, **asked)
    validate_kind(run.kind)
    validate_training_set(run.training_set)
    validate_config(run.kind, run.config, run.training_set)
    run.full_clean()
    run.save()
    audit.record(actor=actor, verb="training.started", target=run, note=f"{run.kind} {run.training_set}")
    transaction.on_commit(lambda: ring_training(run))
    return run


@transaction.atomic
def stop_training(*, run: TrainingRun, actor: User | None) -> TrainingRun:
    """Stop a training. A worker in the middle of it writes a checkpoint first, and then lets the row go."""
    run = TrainingRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if not run.is_open:
        raise ValidationError(
            _("This training is over: it is “%(state)s”.") % {"state": run.get_state_display()}, code="over"
        )
    run.stop_asked = True
    if run.state == State.QUEUED:
        _stopped(run)
    run.save()
    audit.record(actor=actor, verb="training.stop_asked", target=run)
    return run


def _stopped(run: TrainingRun) -> None:
    run.state, run.lease, run.lease_until, run.stop_asked = State.STOPPED, None, None, False
    run.finished_at, run.stage, run.time_left = timezone.now(), "", None


@transaction.atomic
def resume_training(*, run: TrainingRun, actor: User | None) -> TrainingRun:
    """Go on from the last checkpoint, or from the beginning where there is none."""
    run = TrainingRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if not run.may_resume:
        raise ValidationError(
            _("Only a training that was stopped or failed goes on; this one is “%(state)s”.")
            % {"state": run.get_state_display()},
            code="not_resumable",
        )
    run.state, run.error, run.attempts, run.finished_at = State.QUEUED, "", 0, None
    run.full_clean()
    run.save()
    audit.record(actor=actor, verb="training.resumed", target=run, note=f"step {run.step}")
    transaction.on_commit(lambda: ring_training(run))
    return run


@transaction.atomic
def sweep_trainings() -> int:
    """Ring for trainings whose message was lost or whose worker died; end those that were to stop and have no worker.

    What waits is not rung for while another is at work: its worker takes no message, and they would pile up.
    """
    dead = TrainingRun.objects.filter(claimable(), stop_asked=True).select_for_update(of=("self",), skip_locked=True)
    for run in dead:
        _stopped(run)
        run.save()
    at_work = TrainingRun.objects.filter(state=State.RUNNING, lease_until__gte=timezone.now()).exists()
    rung = [run for run in waiting_rows(TrainingRun.objects.all()) if run.state == State.RUNNING or not at_work]
    for run in rung:
        transaction.on_commit(lambda run=run: ring_training(run))  # type: ignore[misc]
    return len(rung)


@transaction.atomic
def clear_training(*, run: TrainingRun, actor: User) -> None:
    """Remove the faces that a training left: its sample sheets and its folder. What is in the model store stays."""
    run = TrainingRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if run.is_open:
        raise ValidationError(_("Stop this training first: its files are in use."), code="open")
    names = list(run.sheets.values_list("storage_name", flat=True))
    run.sheets.all().delete()
    audit.record(actor=actor, verb="training.cleared", target=run, note=f"{len(names)} sheets")
    transaction.on_commit(lambda: _remove(run_folder(run), names))


def _remove(folder: Path, names: list[str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name in names:
        storage.remove(name)


def use_weights(*, run: TrainingRun, actor: User) -> list[str]:
    """Put what a training made where the methods look for it, in place of what lies there.

    Returns
    -------
    names of the weights
    """
    if run.state != State.DONE:
        raise ValidationError(_("Only a training that is done has weights to use."), code="not_done")
    store = model_store()
    try:
        for name, told in _made(run).items():
            made = store.entry(told)
            said = {"task": made.task, "licence": made.licence, "uses": made.uses, "sources": made.sources,
                    "training_data": made.training_data, "evaluation": made.evaluation}  # fmt: skip
            add_weights(name=name, file=store.path(told), actor=actor, **said)
    except BadWeights as error:
        raise ValidationError(str(error), code="weights") from error
    audit.record(actor=actor, verb="training.used", target=run)
    return list(_made(run))


def _made(run: TrainingRun) -> Mapping[str, str]:
    """Entries of the store by the name that a method knows."""
    return {name.rsplit("-", 1)[0]: name for name in run.weights}
