"""Every write to cohorts, participants and recordings. Uploads on their way: `upload_services`, `upload_checks`."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.access import has_role
from accounts.models import Role, User
from cohorts import keys, storage
from cohorts.membership_services import add_member
from cohorts.models import Cohort, Participant, Recording, Upload
from cohorts.probing import probe

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


def import_recording(*, cohort: Cohort, code: str, task: str, path: Path, actor: User | None) -> Upload:
    """Take one file of a manifest: probed at once, no worker is asked; raises ValidationError and stores nothing."""
    upload = Upload(cohort=cohort, code=code, task=task, added_by=actor)
    upload.full_clean()
    keys.validate_may_be_taken(cohort, code)
    if not path.is_file():
        raise ValidationError(_("There is no file “%(name)s” in the folder.") % {"name": path.name})
    info, sha256 = probe(path), storage.sha256_of_path(path)
    with path.open("rb") as content, storage.stored(content) as upload.storage_name, transaction.atomic():
        upload.save()
        return accept_upload(upload=upload, info=info, sha256=sha256, n_bytes=path.stat().st_size)
