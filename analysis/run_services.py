"""Every write to runs: asked for, rung, computed, failed, stopped, made void."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from threading import Event
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from analysis.answers import Sealed
from analysis.report_services import QUEUE, remove_reports, request_report
from analysis.run_kinds import AGREEMENT, RunKind, kind_of
from analysis.run_models import Run
from analysis.services import RESULTS_READ
from cohorts.models import Cohort, Participant
from config.celery import ring
from config.version import VERSION
from deid.leases import finishing, reporter, waiting_rows
from deid.rendering import readable
from frontend.told import kept_in_english
from ratings.key import KeyClosed
from ratings.models import Study
from ratings.protocol import canonical_json, sha256

PACKAGES = ("numpy", "scipy", "pandas")
KEPT = ("queued", "running", "done")


@transaction.atomic
def request_run(
    *, kind: str, actor: User | None, study: Study | None = None, cohort: Cohort | None = None,
    parameters: Mapping[str, Any] | None = None, seed: int = 1,
) -> Run:  # fmt: skip
    """Ask for an analysis. Of a study that is not closed there is none: it would tell the arms."""
    asked = kind_of(kind)
    if study is not None and study.state != Study.State.CLOSED:
        raise ValidationError(
            _("“%(study)s” is not closed: what an analysis finds tells the arms. Close the study first.")
            % {"study": study.name},
            code="sealed",
        )
    run = Run(
        kind=asked.name, study=study, cohort=cohort, parameters=asked.check(parameters or {}), seed=seed,
        created_by=actor,
    )  # fmt: skip
    _check_target(asked, run)
    run.full_clean()
    run.save()
    audit.record(actor=actor, verb="run.requested", target=run, note=run.kind)
    pk = run.pk
    transaction.on_commit(lambda: _ring(pk))
    return run


def _check_target(kind: RunKind, run: Run) -> None:
    if (run.study if kind.of == "study" else run.cohort) is None or (run.study and run.cohort):
        raise ValidationError(_("“%(kind)s” is run over one %(of)s.") % {"kind": _(kind.label), "of": kind.of})


def request_missing_runs() -> int:
    """Ask for what every closed study has: its agreement. After a withdrawal it is computed without that person."""
    known = Run.objects.filter(kind=AGREEMENT, parameters=kind_of(AGREEMENT).check({})).exclude(state=Run.State.VOID)
    closed = list(Study.objects.filter(state=Study.State.CLOSED).exclude(pk__in=known.values("study")).order_by("pk"))
    for study in closed:
        request_run(kind=AGREEMENT, study=study, actor=None)
    return len(closed)


def sweep_runs() -> int:
    """Ring for runs that wait; end those that never get through."""
    waiting = waiting_rows(Run.objects.all())
    for run in waiting:
        _ring(run.pk)
    return len(waiting)


def _ring(pk: int) -> None:
    ring("analysis.tasks.compute_run", queue=QUEUE, run_id=pk)


def compute_run(*, job: Run, lost: Event) -> None:
    """Compute a claimed run and keep its summary.

    Raises
    ------
    LeaseLost : another worker took over, or it was stopped
    """
    kind, tell = kind_of(job.kind), reporter(job, lost)
    inputs, summary = kind.compute(job, tell)
    with finishing(job) as locked:
        locked.state, locked.progress, locked.stage, locked.error = Run.State.DONE, 1, "", ""
        locked.inputs, locked.versions = inputs, _versions(kind)
        locked.summary, locked.sha256 = summary, sha256(canonical_json(summary))
        audit.record(actor=locked.created_by, verb="run.computed", target=locked, note=locked.sha256)
        request_report(locked)


def _versions(kind: RunKind) -> dict[str, str]:
    packages = {name: version(name) for name in PACKAGES}
    return {"algorithm": kind.algorithm, "semblance": VERSION, "python": platform.python_version(), **packages}


def fail_run(*, job: Run, error: Exception) -> None:
    """Bring a run to its end with a message that a person can read."""
    with finishing(job) as locked:
        locked.state, locked.stage = Run.State.FAILED, ""
        locked.error = str(error) if isinstance(error, Sealed | KeyClosed) else readable(error)
        audit.record(actor=locked.created_by, verb="run.failed", target=locked)


@transaction.atomic
def cancel_run(*, run: Run, actor: User) -> Run:
    """Stop a run that is still open; a worker in the middle of it notices within seconds."""
    run = Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if not run.is_open:
        raise ValidationError(_("This run is over: it is “%(state)s”.") % {"state": run.get_state_display()})
    run.state, run.lease, run.lease_until, run.finished_at = Run.State.CANCELLED, None, None, timezone.now()
    run.save()
    audit.record(actor=actor, verb="run.cancelled", target=run)
    return run


def void_runs(*, participant: Participant, actor: User | None) -> None:
    """Remove the numbers of runs that this person is in, and their reports; that they were there stays."""
    own = Run.objects.filter(study__presentations__recording__participant=participant)
    runs = (own | Run.objects.filter(cohort=participant.cohort)).filter(state__in=KEPT).distinct()
    with kept_in_english():
        why = _("A participant of this run withdrew: its numbers were removed. Run it again without them.")
    void = list(runs.values_list("pk", flat=True))
    for pk in void:
        Run.objects.filter(pk=pk).update(
            state=Run.State.VOID, error=why, summary={}, sha256="", inputs={}, lease=None, lease_until=None,
            finished_at=timezone.now(),
        )  # fmt: skip
        audit.record(actor=actor, verb="run.void", target=Run.objects.get(pk=pk))
    remove_reports(void)


def take_run(*, run: Run, reader: User, form: str) -> None:
    """Somebody reads or takes home what a run found: of a study that breaks the seal, so it is in its log too."""
    audit.record(actor=reader, verb="run.read", target=run, note=form)
    if run.study is not None:
        audit.record(actor=reader, verb=RESULTS_READ, target=run.study, note=f"run-{form}")
