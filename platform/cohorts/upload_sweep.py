"""What nobody comes back for: unfinished uploads past their time, files without rows, rows without files."""

import fcntl
import os
import time
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts import quarantine
from cohorts.models import Upload
from cohorts.upload_services import end_lost_upload, end_receiving, finish_receiving

State = Upload.State


@dataclass(frozen=True, slots=True)
class Swept:
    """How many of each were dealt with."""

    expired: int
    finished: int
    without_file: int
    without_row: int


def sweep_uploads() -> Swept:
    """Safe beside uploads in progress: what is locked is left for the next time."""
    finished = sum(_finish(upload) for upload in _receiving())
    expired = sum(_expire(upload) for upload in _receiving().filter(expires_at__lt=timezone.now()))
    lost = [upload for upload in _receiving() if quarantine.size(upload.quarantine_name) is None]
    for upload in lost:
        end_lost_upload(upload=upload)
    return Swept(expired, finished, len(lost), _remove_orphans())


def _receiving() -> QuerySet[Upload]:
    return Upload.objects.filter(state=State.RECEIVING)


def _finish(upload: Upload) -> bool:
    """The server was killed between the last byte and its row."""
    if quarantine.size(upload.quarantine_name) != upload.n_bytes:
        return False
    try:
        with quarantine.locked(upload.quarantine_name):
            upload.refresh_from_db()
            if upload.state == State.RECEIVING:
                finish_receiving(upload=upload)
    except (quarantine.Busy, quarantine.Gone):
        return False
    return True


def _expire(upload: Upload) -> bool:
    told = _("It was not finished within %(n)d days, and what had come was removed. Choose the file again.") % {
        "n": settings.UPLOAD_EXPIRE_DAYS
    }
    try:
        end_receiving(upload=upload, state=State.EXPIRED, message=told)
    except (quarantine.Busy, quarantine.Gone):
        return False
    return True


def _remove_orphans() -> int:
    """Files that no row names and that nobody has open, older than any row takes to be written."""
    youngest = time.time() - settings.UPLOAD_ORPHAN_SECONDS
    old = [path for path in quarantine.folder().iterdir() if path.is_file() and path.stat().st_mtime < youngest]
    waiting = Upload.objects.filter(state__in=[State.RECEIVING, State.CHECKING])
    known = set(waiting.values_list("quarantine_name", flat=True))
    orphans = [path for path in old if path.name not in known and not _in_use(path)]
    for path in orphans:
        path.unlink(missing_ok=True)
    return len(orphans)


def _in_use(path: os.PathLike[str]) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
