"""Every write to jobs, renditions and decisions."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from cohorts.consent import validate_consent
from cohorts.keys import lock
from cohorts.models import Recording
from cohorts.vocabulary import Scope
from config.celery import ring
from deid.algorithms.registry import ORIGINAL, get_method
from deid.leases import waiting_rows
from deid.models import Decision, Job, Rendition
from deid.queries import withheld_runs
from deid.validators import (
    validate_available,
    validate_donor,
    validate_in_review,
    validate_method,
    validate_releasable,
    validate_run,
)

EXPORTED = "rendition.exported"  # events of it are what a withdrawal calls back


def ring_job(job: Job) -> None:
    ring(f"deid.tasks.render_{job.queue}", queue=job.queue, job_id=job.pk)


@transaction.atomic
def request_job(
    *, recording: Recording, method: str, actor: User | None, decisions: list | None = None, donor: str = ""
) -> Job:
    """Ask for a rendition by a method. An equal job that is still open is returned instead of a second one.

    Without `donor`, a method that wears one takes the participant's when the work begins, or lets the engine choose.
    """
    validate_method(method)
    parameters = {}
    if get_method(method).uses_donor and donor:
        validate_donor(donor)
        parameters = {"donor": donor}
    return _request(recording=recording, method=method, actor=actor, decisions=decisions or [], parameters=parameters)


@transaction.atomic
def request_original(*, recording: Recording, actor: User | None, encoding: str | None = None) -> Job:
    """Ask for the re-encoded original that a blinded study shows; one per recording is enough.

    One that was encoded otherwise than `encoding`, the de-identified version's, would tell the arm: it is made anew.
    """
    done = Job.objects.filter(recording=recording, method=ORIGINAL, state=Job.State.DONE)
    done = done.exclude(rendition__state=Rendition.State.VOID)
    if encoding is not None:
        done = done.filter(rendition__encoding=encoding)
    return done.first() or _request(recording=recording, method=ORIGINAL, actor=actor, decisions=[])


def _request(
    *, recording: Recording, method: str, actor: User | None, decisions: list, parameters: dict | None = None
) -> Job:
    validate_available(method)
    validate_consent(lock(recording.participant), Scope.RESEARCH)  # held, so that a withdrawal comes before or after
    Recording.objects.select_for_update().get(pk=recording.pk)  # two may press at once
    asked = {"recording": recording, "method": method, "decisions": decisions, "parameters": parameters or {}}
    twin = Job.objects.filter(**asked, state__in=Job.OPEN).first()
    if twin is not None:
        return twin
    job = Job(**asked, created_by=actor, queue=get_method(method).queue)
    job.full_clean()
    job.save()
    audit.record(actor=actor, verb="job.requested", target=job, note=method)
    transaction.on_commit(lambda: ring_job(job))
    return job


@transaction.atomic
def cancel_job(*, job: Job, actor: User) -> Job:
    """Stop a job that is still open; a worker in the middle of it notices within seconds."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if not job.is_open:
        raise ValidationError(_("This job is over: it is “%(state)s”.") % {"state": job.get_state_display()})
    job.state, job.lease, job.lease_until, job.finished_at = Job.State.CANCELLED, None, None, timezone.now()
    job.save()
    audit.record(actor=actor, verb="job.cancelled", target=job)
    return job


def sweep_jobs() -> int:
    """Ring for jobs whose message was lost or whose worker died; end those that never get through."""
    waiting = waiting_rows(Job.objects.all())
    for job in waiting:
        ring_job(job)
    return len(waiting)


@transaction.atomic
def decide_frames(*, rendition: Rendition, first: int, verdict: str, reviewer: User) -> Decision:
    """Decide about a run of withheld frames; a later decision on the same run replaces the earlier one."""
    rendition = Rendition.objects.select_for_update(of=("self",)).get(pk=rendition.pk)
    validate_in_review(rendition)
    first, last = validate_run(rendition, first)
    decision = Decision.objects.filter(rendition=rendition, first=first).first() or Decision(
        rendition=rendition, first=first
    )
    decision.last, decision.verdict, decision.decided_by = last, verdict, reviewer
    decision.full_clean()
    decision.save()
    audit.record(actor=reviewer, verb="frames.decided", target=rendition, note=f"{first}-{last} {verdict}")
    return decision


@transaction.atomic
def keep_all_masked(*, rendition: Rendition, reviewer: User) -> None:
    """Keep every run masked that nobody has decided about."""
    for run in withheld_runs(rendition):
        if run.decision is None:
            decide_frames(rendition=rendition, first=run.first, verdict=Decision.Verdict.KEEP_MASKED, reviewer=reviewer)


@transaction.atomic
def render_again(*, rendition: Rendition, reviewer: User) -> Job:
    """Render anew with the reviewer's decisions; the new rendition replaces this one."""
    validate_in_review(rendition)
    decisions = [[d.first, d.last, d.verdict] for d in rendition.decisions.all()]
    if not any(verdict == Decision.Verdict.NO_FACE for _first, _last, verdict in decisions):
        raise ValidationError(_("No run is marked as no face: a new rendition would equal this one."))
    # Decisions of the rendition this one came from hold too: its frames count the same.
    earlier = [entry for entry in rendition.job.decisions if entry[0] not in {d[0] for d in decisions}]
    return request_job(
        recording=rendition.recording, method=rendition.method, actor=reviewer, decisions=sorted(earlier + decisions),
        donor=rendition.worn_donor,
    )  # fmt: skip


@transaction.atomic
def release_rendition(*, rendition: Rendition, reviewer: User, note: str = "") -> Rendition:
    """Let raters and judges see a rendition. Refused while frames wait for a decision."""
    rendition = Rendition.objects.select_for_update(of=("self",)).get(
        pk=rendition.pk
    )  # two reviewers may press at once
    validate_releasable(rendition)
    return _review(rendition, Rendition.State.RELEASED, reviewer, note)


@transaction.atomic
def reject_rendition(*, rendition: Rendition, reviewer: User, note: str) -> Rendition:
    """Keep a rendition from everyone, with the reason."""
    rendition = Rendition.objects.select_for_update(of=("self",)).get(pk=rendition.pk)
    validate_in_review(rendition)
    if not note.strip():
        raise ValidationError({"note": _("Say why it is rejected: the next attempt will need it.")})
    return _review(rendition, Rendition.State.REJECTED, reviewer, note)


def _review(rendition: Rendition, state: Rendition.State, reviewer: User, note: str) -> Rendition:
    rendition.state, rendition.reason = state, note.strip()
    rendition.reviewed_by, rendition.reviewed_at = reviewer, timezone.now()
    rendition.full_clean()
    rendition.save(update_fields=["state", "reason", "reviewed_by", "reviewed_at"])
    audit.record(actor=reviewer, verb=f"rendition.{state}", target=rendition, note=note)
    return rendition


@transaction.atomic
def export_rendition(*, rendition: Rendition, actor: User) -> Rendition:
    """Note that a released rendition leaves the platform; the participant must have agreed to sharing."""
    rendition = Rendition.objects.select_related("recording__participant").get(pk=rendition.pk)
    if rendition.state != Rendition.State.RELEASED:
        raise ValidationError(
            _("Only a released rendition can be shared; this one is “%(state)s”.")
            % {"state": rendition.get_state_display()},
            code="not_released",
        )
    validate_consent(lock(rendition.recording.participant), Scope.SHARING)
    audit.record(actor=actor, verb=EXPORTED, target=rendition, note=rendition.sha256)
    return rendition
