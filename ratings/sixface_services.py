"""Every write to six-face experiments but the making of their pictures (sixface_build.py)."""

import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import Role, User
from cohorts import storage
from cohorts.models import Cohort
from config.celery import ring
from deid.leases import waiting_rows
from deid.validators import validate_method
from ratings import sixface_queries as queries
from ratings.models import Experiment, ExperimentJudge, Trial, TrialAnswer, TrialBuild
from ratings.protocol import canonical_json, sha256
from ratings.sixface_access import shown_trials
from ratings.sixface_protocol import SixFaceProtocol
from ratings.sixface_validators import (
    validate_confidence,
    validate_experiment_state,
    validate_people,
    validate_picks,
    validate_response_time,
    validate_sixface_protocol,
)
from ratings.validators import same_row, validate_study_name

TOLD = ("trial_id", "first", "second", "confidence", "response_ms")


@transaction.atomic
def create_experiment(
    *,
    name: str,
    cohort: Cohort,
    method: str,
    judges: Iterable[User],
    investigators: Iterable[User],
    actor: User | None,
    protocol: SixFaceProtocol | None = None,
    seed: int | None = None,
) -> Experiment:
    """Draft an experiment on the released renditions of a cohort."""
    validate_method(method)
    validate_study_name(name)
    chosen, readers = sorted(set(judges), key=lambda user: user.pk), sorted(set(investigators), key=lambda u: u.pk)
    validate_people(chosen, Role.JUDGE)
    validate_people(readers, Role.INVESTIGATOR)
    design = protocol or SixFaceProtocol()
    validate_sixface_protocol(design)
    experiment = Experiment(name=name.strip(), cohort=cohort, method=method, created_by=actor)
    experiment.protocol = design.to_json()
    experiment.seed = secrets.randbits(63) if seed is None else seed
    experiment.full_clean()
    experiment.save()
    experiment.investigators.set(readers)
    # Numbers by lot: the order of names must not give a judge away in the results.
    Random(f"{experiment.seed}/judges").shuffle(chosen)  # noqa: S311 - reproducible, not a secret
    for number, judge in enumerate(chosen, start=1):
        ExperimentJudge.objects.create(experiment=experiment, user=judge, number=number)
    note = "; ".join([method, *(f"reader {reader.pk}" for reader in readers)])
    audit.record(actor=actor, verb="experiment.created", target=experiment, note=note)
    return experiment


def locked(experiment: Experiment) -> Experiment:
    return Experiment.objects.select_for_update(of=("self",), no_key=True).get(pk=experiment.pk)


@transaction.atomic
def change_protocol(*, experiment: Experiment, protocol: SixFaceProtocol, actor: User | None) -> Experiment:
    """Change what is drafted. Trials that were built by other rules are removed."""
    validate_sixface_protocol(protocol)
    experiment = locked(experiment)
    validate_experiment_state(experiment, Experiment.State.DRAFT)
    before, protocol = experiment.design, replace(protocol, simulation=experiment.design.simulation)
    experiment.protocol = protocol.to_json()
    experiment.full_clean()
    experiment.save(update_fields=["protocol"])
    if any(getattr(before, name) != getattr(protocol, name) for name in BUILT_BY):
        _forget_build(experiment)
    audit.record(actor=actor, verb="experiment.protocol_changed", target=experiment)
    return experiment


@transaction.atomic
def change_protocol_parts(*, experiment: Experiment, parts: Mapping[str, Any], actor: User | None) -> Experiment:
    """Change the named parts of what is drafted. The others are read under the lock: of two changes none is lost."""
    drafted = locked(experiment).design
    return change_protocol(experiment=experiment, protocol=replace(drafted, **parts), actor=actor)


BUILT_BY = ("trials_each", "controls", "catch_each", "practice", "control_cap", "donor_cap")


@transaction.atomic
def keep_simulation(*, experiment: Experiment, simulation: dict) -> None:
    """What the power page found last; part of the protocol."""
    experiment = locked(experiment)
    validate_experiment_state(experiment, Experiment.State.DRAFT)
    experiment.protocol = replace(experiment.design, simulation=simulation).to_json()
    experiment.save(update_fields=["protocol"])


@transaction.atomic
def request_build(*, experiment: Experiment, actor: User | None) -> TrialBuild:
    """Ask a worker for the trials; those of an earlier build are removed."""
    experiment = locked(experiment)
    validate_experiment_state(experiment, Experiment.State.DRAFT)
    if obstacles := queries.obstacles_to_build(experiment):
        raise ValidationError([ValidationError(why, code="not_ready") for why in obstacles])
    open_build = TrialBuild.objects.filter(experiment=experiment, state__in=TrialBuild.OPEN).first()
    if open_build is not None:
        raise ValidationError(_("The trials are being built."), code="building")
    _forget_build(experiment)
    build = TrialBuild(experiment=experiment, asked_by=actor)
    build.full_clean()
    build.save()
    audit.record(actor=actor, verb="experiment.build_asked", target=experiment)
    transaction.on_commit(partial(ring_build, build.pk))
    return build


def ring_build(pk: int) -> None:
    ring("ratings.tasks.build_trials", build_id=pk)


def sweep_builds() -> int:
    """Ring for builds that wait; end those that never get through."""
    waiting = waiting_rows(TrialBuild.objects.all())
    for build in waiting:
        ring_build(build.pk)
    return len(waiting)


def _forget_build(experiment: Experiment) -> None:
    """A worker in the middle of it finds its row gone and leaves nothing."""
    TrialBuild.objects.filter(experiment=experiment).delete()
    for trial in Trial.objects.filter(experiment=experiment):
        transaction.on_commit(partial(storage.remove, trial.storage_name))
        trial.delete()


@transaction.atomic
def open_experiment(*, experiment: Experiment, actor: User | None) -> Experiment:
    """Freeze protocol and trials; judges can begin."""
    experiment = locked(experiment)
    validate_experiment_state(experiment, Experiment.State.DRAFT)
    if obstacles := queries.obstacles_to_open(experiment):
        raise ValidationError([ValidationError(why, code="not_ready") for why in obstacles])
    content = canonical_json(_frozen(experiment))
    experiment.frozen, experiment.frozen_sha256 = content.decode(), sha256(content)
    experiment.state, experiment.opened_at = Experiment.State.OPEN, timezone.now()
    experiment.full_clean()
    experiment.save(update_fields=["frozen", "frozen_sha256", "state", "opened_at"])
    audit.record(actor=actor, verb="experiment.opened", target=experiment, note=experiment.frozen_sha256)
    return experiment


def _frozen(experiment: Experiment) -> dict:
    """All that was fixed beforehand: the protocol, who judges under which number, and every picture by its hash."""
    trials = experiment.trials.select_related("judge").order_by("judge__number", "-practice", "position")
    return {
        "name": experiment.name,
        "method": experiment.method,
        "protocol": experiment.protocol,
        "build": experiment.build.report,
        "trials": [[trial.judge.number, trial.practice, trial.position, trial.sha256] for trial in trials],
    }


@transaction.atomic
def close_experiment(*, experiment: Experiment, actor: User | None) -> Experiment:
    """End the judging for good; only then may the result be read."""
    experiment = locked(experiment)
    validate_experiment_state(experiment, Experiment.State.OPEN)
    experiment.state, experiment.closed_at = Experiment.State.CLOSED, timezone.now()
    experiment.full_clean()
    experiment.save(update_fields=["state", "closed_at"])
    audit.record(actor=actor, verb="experiment.closed", target=experiment)
    return experiment


@transaction.atomic
def start_trial(*, trial: Trial, judge: User) -> None:
    """Note when a judge was shown a trial first."""
    fresh = Trial.objects.filter(pk=trial.pk, started_at__isnull=True)
    if fresh.update(started_at=timezone.now()):
        audit.record(actor=judge, verb="trial.started", target=trial)


@transaction.atomic
def save_trial_answer(
    *, trial: Trial, picks: Sequence[int], confidence: int, response_ms: int, client_id: uuid.UUID, judge: User
) -> tuple[TrialAnswer, bool]:
    """Keep an answer; True beside it when it is new. The same delivery twice is one row.

    Raises
    ------
    ValidationError : with a code of `sixface_api.CONFLICTS` when it conflicts with what is already there
    """
    validate_picks(picks)
    validate_confidence(confidence)
    validate_response_time(response_ms)
    # The experiment's row too: an answer is either in before it closes, or refused.
    trial = (
        Trial.objects.select_for_update(of=("self", "experiment"), no_key=True)
        .select_related("experiment")
        .get(pk=trial.pk, judge__user=judge)
    )
    first, second = sorted(picks) if picks else (None, None)
    answer = TrialAnswer(trial=trial, first=first, second=second, confidence=confidence, response_ms=response_ms,
                         client_id=client_id)  # fmt: skip
    earlier = TrialAnswer.objects.filter(client_id=client_id).first()
    if earlier is not None:
        return same_row(earlier, answer, TOLD), False
    _validate_open_to_answers(trial, judge)
    answer.full_clean()
    try:
        with transaction.atomic():
            answer.save(force_insert=True)
    except IntegrityError:  # the id was used in this moment, for another trial
        return same_row(TrialAnswer.objects.get(client_id=client_id), answer, TOLD), False
    return answer, True


def _validate_open_to_answers(trial: Trial, judge: User) -> None:
    validate_experiment_state(trial.experiment, Experiment.State.OPEN)
    if TrialAnswer.objects.filter(trial=trial).exists():
        raise ValidationError(_("This trial is answered already; the first answer counts."), code="answered")
    if not shown_trials(judge).filter(pk=trial.pk).exists():
        raise ValidationError(
            _("This trial was taken out of the experiment. Choose Leave, then Continue: the next one waits."),
            code="trial_closed",
        )
    if trial.started_at is None:
        raise ValidationError(_("This trial was not shown yet: open its page first."), code="not_shown")
    if not trial.practice and queries.practice_waits(trial, judge):
        raise ValidationError(_("Practice comes first: choose Leave, then Continue."), code="practice_first")
