"""Every write to cohorts, participants, uploads and recordings."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.access import has_role
from accounts.models import Role, User
from cohorts import storage
from cohorts.keys import validate_not_withdrawn
from cohorts.membership_services import add_member
from cohorts.models import Cohort, Participant, Recording, Upload
from config.celery import ring

if TYPE_CHECKING:
    from videoio.probe import MediaInfo


@transaction.atomic
def create_cohort(*, name: str, coordinators: Iterable[User], actor: User | None) -> Cohort:
    cohort = Cohort(name=name)
    cohort.full_clean()
    cohort.save()
    audit.record(actor=actor, verb="cohort.created", target=cohort)
    for coordinator in coordinators:
        if has_role(coordinator, Role.COORDINATOR):  # an administrator who makes a cohort sees it anyway
            add_member(cohort=cohort, user=coordinator, actor=actor)
    return cohort


def receive_upload(*, cohort: Cohort, code: str, task: str, content: File, actor: User | None) -> Upload:
    """Put a file into quarantine and ask a worker to check it."""
    upload = Upload(cohort=cohort, code=code, task=task, added_by=actor)
    upload.full_clean()
    validate_may_be_taken(cohort, code)
    if content.size > settings.UPLOAD_MAX_BYTES:
        raise ValidationError(
            _("The file has %(given)d MB; at most %(most)d MB can be taken. Cut it or lower its bit rate.")
            % {"given": content.size >> 20, "most": settings.UPLOAD_MAX_BYTES >> 20}
        )
    with storage.stored(content) as upload.storage_name, transaction.atomic():
        upload.save()
        audit.record(actor=actor, verb="upload.received", target=upload)
    transaction.on_commit(lambda: ring("cohorts.tasks.check_upload", upload_id=upload.pk))
    return upload


def validate_may_be_taken(cohort: Cohort, code: str) -> None:
    """Nothing comes in any more of a participant who withdrew."""
    participant = Participant.objects.filter(cohort=cohort, code=code).first()
    if participant is not None:
        validate_not_withdrawn(participant)


def check_upload(*, upload: Upload) -> Upload:
    """The worker's verdict on an upload: a recording, or a refusal and no file. Safe to repeat."""
    Upload.objects.filter(pk=upload.pk).update(attempts=upload.attempts + 1, looked_at=timezone.now())
    if upload.attempts >= settings.JOB_MAX_ATTEMPTS:
        return refuse_upload(upload=upload, message=_("Checking this file ended the worker every time. Convert it."))
    try:
        with storage.local_copy(upload.storage_name) as path:
            info, sha256 = probe(path), storage.sha256_of_path(path)
            n_bytes = path.stat().st_size
        return accept_upload(upload=upload, info=info, sha256=sha256, n_bytes=n_bytes)
    except ValidationError as error:
        # Probing names the file by its random storage name, which tells its owner nothing.
        told = " ".join(error.messages).replace(upload.storage_name.rpartition("/")[2], _("The file"))
        return refuse_upload(upload=upload, message=told)


def probe(path: Path) -> "MediaInfo":
    """Probe a file under this deployment's limits; refusals become ValidationError."""
    from videoio.errors import MediaError
    from videoio.probe import Limits
    from videoio.probe import probe as probe_media

    limits = Limits(max_bytes=settings.UPLOAD_MAX_BYTES, max_duration_s=settings.RECORDING_MAX_SECONDS)
    try:
        return probe_media(path, limits=limits)
    except MediaError as error:
        raise ValidationError(str(error), code=error.code) from error


@transaction.atomic
def accept_upload(*, upload: Upload, info: "MediaInfo", sha256: str, n_bytes: int) -> Upload:
    """Turn a checked upload into a recording of its participant."""
    upload = Upload.objects.select_for_update(of=("self",)).select_related("cohort").get(pk=upload.pk)
    if upload.state != Upload.State.CHECKING:  # a second delivery of the same message
        return upload
    participant, _made = Participant.objects.get_or_create(cohort=upload.cohort, code=upload.code)
    storage.give_to(upload.storage_name, participant)
    recording = Recording(
        participant=participant, cohort=upload.cohort, task=upload.task, storage_name=upload.storage_name,
        sha256=sha256, n_bytes=n_bytes, width=info.width, height=info.height, n_frames=info.n_frames,
        duration=info.duration_s, frame_rate=info.frame_rate, variable_rate=info.variable_rate, codec=info.codec,
        has_audio=info.audio_codec is not None, added_by=upload.added_by,
    )  # fmt: skip
    _refuse_duplicate(recording)
    recording.full_clean()
    try:
        with transaction.atomic():
            recording.save()
    except IntegrityError:  # the same file, accepted by another worker in this moment
        _refuse_duplicate(recording)
        raise
    upload.state, upload.recording, upload.message, upload.storage_name = Upload.State.ACCEPTED, recording, "", ""
    upload.save()
    audit.record(actor=upload.added_by, verb="recording.accepted", target=recording)
    return upload


def _refuse_duplicate(recording: Recording) -> None:
    twin = Recording.objects.filter(cohort=recording.cohort, sha256=recording.sha256).first()
    if twin is not None:
        raise ValidationError(
            _(
                "This file is already in the cohort, as recording %(pk)d of participant %(code)s (same SHA-256 "
                "%(sha)s...). Choose another file, or use that recording."
            )
            % {"pk": twin.pk, "code": twin.participant.code, "sha": recording.sha256[:12]},
            code="duplicate",
        )


def refuse_upload(*, upload: Upload, message: str) -> Upload:
    """Remove the file and keep the reason."""
    with transaction.atomic():
        upload = Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
        if upload.state != Upload.State.CHECKING:
            return upload
        name = upload.storage_name
        upload.state, upload.message, upload.storage_name = Upload.State.REFUSED, message, ""
        upload.save()
        audit.record(actor=upload.added_by, verb="upload.refused", target=upload)
    storage.remove(name)
    return upload


def import_recording(*, cohort: Cohort, code: str, task: str, path: Path, actor: User | None) -> Upload:
    """Take one file of a manifest: probed at once, in this process; raises ValidationError and stores nothing."""
    upload = Upload(cohort=cohort, code=code, task=task, added_by=actor)
    upload.full_clean()
    validate_may_be_taken(cohort, code)
    if not path.is_file():
        raise ValidationError(_("There is no file “%(name)s” in the folder.") % {"name": path.name})
    info, sha256 = probe(path), storage.sha256_of_path(path)
    with path.open("rb") as content, storage.stored(content) as upload.storage_name, transaction.atomic():
        upload.save()
        return accept_upload(upload=upload, info=info, sha256=sha256, n_bytes=path.stat().st_size)


def ring_waiting_uploads() -> int:
    """Ring again for uploads whose message was lost; returns how many."""
    overdue = timezone.now() - timedelta(seconds=2 * settings.JOB_LEASE_SECONDS)
    waiting = Upload.objects.filter(state=Upload.State.CHECKING, created_at__lt=overdue).exclude(looked_at__gt=overdue)
    pks = list(waiting.values_list("pk", flat=True)[:100])
    for pk in pks:
        ring("cohorts.tasks.check_upload", upload_id=pk)
    return len(pks)
