"""The worker's part: compare hashes, look at the file in a confined process, make it a recording or refuse it."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from cohorts import quarantine, services, storage
from cohorts.models import Upload
from cohorts.probing import probe
from config.celery import ring

State = Upload.State


def check_upload(*, upload: Upload) -> Upload:
    """The verdict on an upload: a recording, or a refusal and no file. Safe to repeat, and to be killed within."""
    try:
        with quarantine.locked(upload.quarantine_name):
            return _check(upload)
    except quarantine.Busy:  # a second delivery of the same message: the other worker has it
        return upload
    except quarantine.Gone:
        upload.refresh_from_db()
        return _refuse(upload, _("The file is no longer on the server. Choose it again and upload it anew."))


def _check(upload: Upload) -> Upload:
    upload.refresh_from_db()
    if upload.state != State.CHECKING:
        return upload
    upload.attempts, upload.looked_at = upload.attempts + 1, timezone.now()
    upload.save(update_fields=["attempts", "looked_at"])
    path = quarantine.path_of(upload.quarantine_name)
    try:
        if upload.attempts > settings.JOB_MAX_ATTEMPTS:
            raise ValidationError(_("Checking this file ended the worker every time. Convert it."))
        sha256 = storage.sha256_of_path(path)
        _compare(upload, sha256, path.stat().st_size)
        info = probe(path)
        _copy_into_storage(upload, path)
        accepted = services.accept_upload(upload=upload, info=info, sha256=sha256, n_bytes=path.stat().st_size)
    except ValidationError as error:
        # Probing names the file by its random name, which tells its owner nothing.
        told = " ".join(error.messages).replace(path.name, _("the file"))
        return _refuse(upload, told[:1].upper() + told[1:])
    except OSError as error:  # a full disk, or no means to confine a process: not the file's fault, so it waits
        told = _("The server cannot look at it now (%(why)s), and will try again. Tell your administrator.")
        upload.message = told % {"why": error.strerror or error}
        upload.attempts -= 1
        upload.save(update_fields=["message", "attempts"])
        raise
    _leave_quarantine(accepted)
    return accepted


def _compare(upload: Upload, sha256: str, n_bytes: int) -> None:
    """What lies here is what was sent: as many bytes as announced, and the hash that the sender computed."""
    if upload.n_bytes is not None and n_bytes != upload.n_bytes:
        raise ValidationError(
            _("The file arrived with %(given)d bytes, %(said)d were announced. Upload it again.")
            % {"given": n_bytes, "said": upload.n_bytes}
        )
    if upload.declared_sha256 and sha256 != upload.declared_sha256:
        raise ValidationError(
            _(
                "The file arrived other than it was sent: its SHA-256 is %(here)s... here and %(there)s... at the "
                "sender's. It was changed during the upload or damaged on the way. Upload it again."
            )
            % {"here": sha256[:12], "there": upload.declared_sha256[:12]}
        )


def _copy_into_storage(upload: Upload, path: Path) -> None:
    """The row knows the copy's name before the copy is made, so that a worker that dies leaves none unknown."""
    storage.remove(upload.storage_name)  # of a worker that died
    upload.storage_name = storage.random_name()
    upload.save(update_fields=["storage_name"])
    with path.open("rb") as content:
        storage.store(File(content), name=upload.storage_name)


def _leave_quarantine(upload: Upload) -> None:
    name = upload.quarantine_name
    Upload.objects.filter(pk=upload.pk).update(quarantine_name="")
    quarantine.remove(name)


def _refuse(upload: Upload, message: str) -> Upload:
    """Remove the file and keep the reason."""
    with transaction.atomic():
        upload = Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
        if upload.state != State.CHECKING:
            return upload
        names = upload.storage_name, upload.quarantine_name
        upload.state, upload.message, upload.storage_name, upload.quarantine_name = State.REFUSED, message, "", ""
        upload.full_clean()
        upload.save()
        audit.record(actor=upload.added_by, verb="upload.refused", target=upload)
    storage.remove(names[0])
    quarantine.remove(names[1])
    return upload


def ring_waiting_uploads() -> int:
    """Ring again for uploads whose message was lost; returns how many."""
    overdue = timezone.now() - timedelta(seconds=2 * settings.JOB_LEASE_SECONDS)
    waiting = Upload.objects.filter(state=State.CHECKING, created_at__lt=overdue).exclude(looked_at__gt=overdue)
    pks = list(waiting.values_list("pk", flat=True)[:100])
    for pk in pks:
        ring("cohorts.tasks.check_upload", upload_id=pk)
    return len(pks)
