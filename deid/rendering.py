"""What a worker does with a claimed job: make the file, then finish job and rendition in one transaction."""

from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

import audit.services as audit
from cohorts import storage
from cohorts.consent import validate_consent
from cohorts.vocabulary import Scope
from cohorts.work_folder import private_folder
from deid.algorithms.registry import ORIGINAL, get_method
from deid.donor_services import assigned_donor, donors_for, keep_donor
from deid.leases import finishing, reporter
from deid.models import Job, Rendition
from deid.weights import model_store

if TYPE_CHECKING:
    from deid.algorithms.certificate import Certificate


def render_job(*, job: Job, lost: Event) -> Rendition:
    """Run the engine for a job this process has claimed.

    Raises
    ------
    LeaseLost : another worker took over, or a coordinator cancelled; nothing is kept
    MediaError, Withheld : nothing may be given out, with a sentence that says why
    """
    validate_consent(job.recording.participant, Scope.RESEARCH)
    with (
        private_folder(f"job-{job.pk}") as folder,
        storage.local_copy(job.recording.storage_name) as source,
    ):
        target = folder / "rendition.mp4"
        parameters = parameters_of(job)
        certificate = _run(job, lost, source, target, parameters)
        if (again := parameters_of(job)) != parameters:
            # Another recording of the participant was finished meanwhile: both wear the donor it has fixed.
            certificate = _run(job, lost, source, target, again)
        return accept_rendition(job=job, path=target, certificate=certificate)


def _run(job: Job, lost: Event, source: Path, target: Path, parameters: dict[str, Any]) -> "Certificate":
    from deid.algorithms.engine import deidentify

    return deidentify(
        source,
        target,
        method=job.method,
        parameters=parameters,
        decisions=[(first, last, verdict) for first, last, verdict in job.decisions],
        progress=reporter(job, lost),
        donors=donors_for(job),
        weights=model_store(),
    )


def parameters_of(job: Job) -> dict[str, Any]:
    """The job's parameters, with the participant's donor where the job names none."""
    kept = assigned_donor(job.recording.participant) if get_method(job.method).uses_donor else None
    return {**({"donor": kept} if kept else {}), **job.parameters}


def accept_rendition(*, job: Job, path: Path, certificate: "Certificate") -> Rendition:
    """Store the file and accept it as the job's one rendition; a file that comes too late is removed again."""
    stored = partial(storage.stored, participant=job.recording.participant)
    with path.open("rb") as content, stored(content) as name, finishing(job) as locked:
        rendition = Rendition(
            job=locked, recording=locked.recording, method=locked.method, state=_first_state(locked),
            storage_name=name, sha256=storage.sha256_of_path(path), n_bytes=path.stat().st_size,
            n_frames=certificate.n_frames, encoding=certificate.encoding, certificate=certificate.to_dict(),
        )  # fmt: skip
        rendition.full_clean()
        rendition.save()
        _supersede(rendition)
        if rendition.worn_donor:
            keep_donor(locked.recording.participant, rendition.worn_donor)
        locked.state, locked.progress, locked.stage = Job.State.DONE, 1, ""
        audit.record(actor=locked.created_by, verb="rendition.made", target=rendition, note=locked.method)
    return rendition


def _first_state(job: Job) -> Rendition.State:
    return Rendition.State.STUDY_ONLY if job.method == ORIGINAL else Rendition.State.IN_REVIEW


def _supersede(rendition: Rendition) -> None:
    """An older rendition of the same recording and method that nobody has reviewed needs no review any more."""
    Rendition.objects.filter(
        recording=rendition.recording, method=rendition.method, state=Rendition.State.IN_REVIEW
    ).exclude(pk=rendition.pk).update(state=Rendition.State.SUPERSEDED)


def readable(error: Exception) -> str:
    """What went wrong, as a sentence for the row."""
    from deid.algorithms.errors import BadParameters, EngineError
    from modelstore.errors import BadWeights
    from videoio.errors import MediaError

    if isinstance(error, ValidationError):  # a rule that holds now did not when the work was asked for
        return " ".join(error.messages)
    if isinstance(error, EngineError | MediaError | BadParameters | BadWeights):
        return str(error)
    return _("An unexpected error ended this job: %(kind)s. The worker's log holds the details.") % {
        "kind": type(error).__name__
    }


def fail_job(*, job: Job, error: Exception) -> None:
    """Bring a job to its end with a message that a person can read."""
    from deid.algorithms.errors import Withheld

    with finishing(job) as locked:
        locked.state = Job.State.WITHHELD if isinstance(error, Withheld) else Job.State.FAILED
        locked.error, locked.stage = readable(error), ""
        audit.record(actor=locked.created_by, verb=f"job.{locked.state}", target=locked)
