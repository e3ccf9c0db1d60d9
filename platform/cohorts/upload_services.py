"""Every write to an upload until its last byte is here: begun, continued, cancelled, received."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from cohorts import keys, quarantine
from cohorts.models import Cohort, Upload
from cohorts.quarantine import Checksum
from cohorts.validators import validate_sha256, validate_upload_size
from config.celery import ring

State = Upload.State
WHOLE = (State.CHECKING, State.ACCEPTED, State.REFUSED)  # all bytes came, once


def begin_upload(
    *, cohort: Cohort, code: str, task: str, n_bytes: int, actor: User | None, fingerprint: str = "", sha256: str = ""
) -> Upload:
    """Make room for a file that will come in pieces.

    Raises
    ------
    ValidationError : the code `too_large` or `no_space`, or what is wrong with a field
    """
    validate_upload_size(n_bytes)
    _validate_space(n_bytes)
    keys.validate_may_be_taken(cohort, code)
    upload = Upload(
        cohort=cohort, code=code, task=task, n_bytes=n_bytes, added_by=actor, state=State.RECEIVING,
        fingerprint=fingerprint, declared_sha256=sha256, expires_at=_expiry(), quarantine_name=quarantine.random_name(),
    )  # fmt: skip
    upload.full_clean()
    try:
        quarantine.create(upload.quarantine_name)
        with transaction.atomic():
            upload.save()
            audit.record(actor=actor, verb="upload.begun", target=upload)
    except BaseException:
        quarantine.remove(upload.quarantine_name)
        raise
    return upload


def _validate_space(n_bytes: int) -> None:
    if n_bytes > (free := quarantine.free_bytes()):
        raise ValidationError(
            _(
                "The server has room for %(free)d MB, the file has %(given)d MB. Ask your administrator to make room, "
                "then try again."
            )
            % {"free": free >> 20, "given": n_bytes >> 20},
            code="no_space",
        )


def _expiry() -> datetime:
    return timezone.now() + timedelta(days=settings.UPLOAD_EXPIRE_DAYS)


def offset_of(upload: Upload) -> int:
    """How much has come: the size of the file, and the whole once it was received."""
    if upload.state in WHOLE:
        return upload.n_bytes or 0
    return quarantine.size(upload.quarantine_name) or 0


def continue_upload(
    *, upload: Upload, offset: int, n_bytes: int, read: Callable[[int], bytes], checksum: Checksum | None = None,
    sha256: str = "",
) -> int:  # fmt: skip
    """Take the next piece and return the new offset; the last one hands the upload to a worker.

    `sha256` is what the sender computed of the whole file, told at the latest with the last piece.

    Raises
    ------
    quarantine.Busy, Gone, WrongOffset, NoSpace, ChecksumMismatch
    ValidationError : `too_much`, more bytes than were announced; `sha256_form`
    """
    if sha256:
        validate_sha256(sha256)
    if upload.state in WHOLE:
        return _repeated_end(upload, offset, n_bytes)
    with quarantine.locked(upload.quarantine_name) as descriptor:
        upload.refresh_from_db()  # the lock was won: nobody changes it now
        if upload.state in WHOLE:
            return _repeated_end(upload, offset, n_bytes)
        if upload.state != State.RECEIVING or upload.n_bytes is None:
            raise quarantine.Gone(upload.quarantine_name)
        if offset + n_bytes > upload.n_bytes:
            raise ValidationError(
                _("The upload was announced with %(most)d bytes; this would make %(given)d.")
                % {"most": upload.n_bytes, "given": offset + n_bytes},
                code="too_much",
            )
        end = quarantine.append(descriptor, offset=offset, n_bytes=n_bytes, read=read, checksum=checksum)
        upload.expires_at, upload.declared_sha256 = _expiry(), sha256 or upload.declared_sha256
        upload.save(update_fields=["expires_at", "declared_sha256"])
        if end == upload.n_bytes:
            finish_receiving(upload=upload)
    return end


def _repeated_end(upload: Upload, offset: int, n_bytes: int) -> int:
    """The answer to the last piece was lost on its way; asked again, it is the same."""
    if n_bytes or offset != upload.n_bytes:
        raise quarantine.WrongOffset(upload.n_bytes or 0)
    return offset


@transaction.atomic
def finish_receiving(*, upload: Upload) -> None:
    """All bytes are here: ask a worker to check them. Called by whoever holds the file's lock."""
    upload.state, upload.expires_at = State.CHECKING, None
    upload.full_clean()
    upload.save()
    audit.record(actor=upload.added_by, verb="upload.received", target=upload)
    ring_upload(upload)


def receive_upload(*, cohort: Cohort, code: str, task: str, content: File, actor: User | None) -> Upload:
    """Put a whole file, sent by a plain form, into quarantine and ask a worker to check it."""
    validate_upload_size(content.size)
    keys.validate_may_be_taken(cohort, code)
    upload = Upload(
        cohort=cohort, code=code, task=task, n_bytes=content.size, added_by=actor,
        quarantine_name=quarantine.random_name(),
    )  # fmt: skip
    upload.full_clean()
    try:
        quarantine.create(upload.quarantine_name)
        with quarantine.locked(upload.quarantine_name) as descriptor:
            quarantine.append(descriptor, offset=0, n_bytes=content.size, read=content.read)
        with transaction.atomic():
            upload.save()
            audit.record(actor=actor, verb="upload.received", target=upload)
            ring_upload(upload)
    except quarantine.NoSpace as error:
        quarantine.remove(upload.quarantine_name)
        raise disk_full() from error
    except BaseException:
        quarantine.remove(upload.quarantine_name)
        raise
    return upload


def disk_full() -> ValidationError:
    told = _("The server's disk is full. Ask your administrator to make room, then try again.")
    return ValidationError(told, code="no_space")


def ring_upload(upload: Upload) -> None:
    transaction.on_commit(lambda: ring("cohorts.tasks.check_upload", upload_id=upload.pk))


def cancel_upload(*, upload: Upload, actor: User | None) -> None:
    """Forget an upload that is still coming in, with all its bytes.

    Raises
    ------
    quarantine.Busy : a piece of it is being written at this moment
    quarantine.Gone : it is over already
    """
    end_receiving(upload=upload, state=State.CANCELLED, actor=actor)


def end_receiving(*, upload: Upload, state: Upload.State, actor: User | None = None, message: str = "") -> None:
    """Bring an unfinished upload to its end without a verdict, and remove what came of it."""
    with quarantine.locked(upload.quarantine_name):
        quarantine.remove(_end(upload, state, actor, message))


@transaction.atomic
def _end(upload: Upload, state: Upload.State, actor: User | None, message: str) -> str:
    """Write the row; returns the name of the file that nobody needs any more."""
    locked = Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if locked.state != State.RECEIVING:
        raise quarantine.Gone(upload.quarantine_name)
    name = locked.quarantine_name
    locked.state, locked.message, locked.quarantine_name, locked.expires_at = state, message, "", None
    locked.full_clean()
    locked.save()
    audit.record(actor=actor, verb=f"upload.{state}", target=locked)
    return name


@transaction.atomic
def end_lost_upload(*, upload: Upload) -> None:
    """An unfinished upload whose file is no longer there cannot go on."""
    locked = Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if locked.state == State.RECEIVING and quarantine.size(locked.quarantine_name) is None:
        told = _("What had come of this file is no longer on the server. Choose the file again; it begins anew.")
        _end(locked, State.EXPIRED, None, told)
