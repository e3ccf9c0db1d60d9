"""Withdrawal of a participant: everything stops and is voided at once, then every file is destroyed.

The first part is one transaction, after which nothing of the participant can be seen, made or opened: keys are gone.
The second removes the files; it takes as long as it takes, can be killed, and is finished by the sweeper.
"""

import logging
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from cohorts import keys, quarantine, storage
from cohorts.holdings import Export, HeldFile, holdings
from cohorts.models import Participant, StoredFile, Upload, Withdrawal
from cohorts.work_folder import sweep_work_folder
from frontend.told import kept_in_english

logger = logging.getLogger(__name__)


def plan(participant: Participant) -> list[tuple[str, int]]:
    """Exactly what a withdrawal will do, as sentences with their numbers; nothing that is zero."""
    return [(what, n) for holding in holdings() for what, n in holding.plan(participant) if n]


def withdraw_participant(*, participant: Participant, code: str, actor: User) -> Withdrawal:
    """Withdraw a participant for good. Repeating it goes on where it was interrupted."""
    if code != participant.code:
        raise ValidationError(
            {"code": _("Type the code %(code)s to confirm; it was “%(given)s”.")
             % {"code": participant.code, "given": code[:40]}},
            code="not_confirmed",
        )  # fmt: skip
    return finish(void(participant=participant, actor=actor))


@kept_in_english()
@transaction.atomic
def void(*, participant: Participant, actor: User) -> Withdrawal:
    """Stop, close and void everything, and destroy the keys. The receipt of an earlier one is returned as it is."""
    participant = keys.lock(participant)
    if participant.withdrawn_at is not None:
        return participant.withdrawal
    receipt = Withdrawal(participant=participant, requested_by=actor, counts=plan(participant))
    for holding in holdings():
        holding.void(participant, actor)
    # Files are listed after everything was closed: what a worker finished a moment ago is among them.
    files = held_files(participant)
    receipt.destroyed = [
        {"kind": file.kind, "id": file.pk, "sha256": file.sha256, "bytes": file.n_bytes} for file in files
    ]
    receipt.exported = [asdict(export) for export in exports(participant)]
    participant.withdrawn_at = timezone.now()
    participant.sex = participant.diagnosis = participant.site = ""
    participant.full_clean()
    participant.save()
    receipt.full_clean()
    receipt.save()
    keys.shred([file.storage_name for file in files])
    audit.record(actor=actor, verb="participant.withdrawn", target=participant, note=f"{len(receipt.destroyed)} files")
    return receipt


def exports(participant: Participant) -> list[Export]:
    """What left the platform before, and has to be called back."""
    return [export for holding in holdings() for export in holding.exports(participant)]


def held_files(participant: Participant) -> list[HeldFile]:
    """Every file of a participant once, described by the row that names it."""
    found = {file.storage_name: file for holding in holdings() for file in holding.files(participant)}
    # What was being written when the participant withdrew has a key, and no row that names it yet.
    for entry in StoredFile.objects.filter(participant=participant).order_by("created_at"):
        found.setdefault(entry.name, HeldFile("unfinished", 0, entry.name))
    return list(found.values())


def settles_at(receipt: Withdrawal) -> datetime:
    """From when on no worker can still be writing: each finds out at its next heartbeat that its job was taken away."""
    return receipt.requested_at + timedelta(seconds=2 * settings.JOB_LEASE_SECONDS)


def finish(receipt: Withdrawal) -> Withdrawal:
    """Remove the files. The notes of them go, and the receipt is closed, in a second pass once no worker can write."""
    settled = timezone.now() >= settles_at(receipt)
    for file in held_files(receipt.participant):
        if settled:
            storage.remove(file.storage_name)
        else:
            default_storage.delete(file.storage_name)
    _empty_quarantine(receipt.participant)
    sweep_work_folder()
    if settled and receipt.finished_at is None:
        receipt.finished_at = timezone.now()
        receipt.save(update_fields=["finished_at"])
        audit.record(actor=None, verb="participant.erased", target=receipt.participant)
    return receipt


def _empty_quarantine(participant: Participant) -> None:
    """What came in of them and was no recording yet; whoever is writing it finds the file gone."""
    for upload in Upload.objects.filter(cohort=participant.cohort_id, code=participant.code).exclude(
        quarantine_name=""
    ):
        quarantine.remove(upload.quarantine_name)
        Upload.objects.filter(pk=upload.pk).update(quarantine_name="")


def finish_open() -> int:
    """Go on with withdrawals that were interrupted or have not settled; returns how many were closed."""
    n_closed = 0
    for receipt in Withdrawal.objects.filter(finished_at__isnull=True).select_related("participant"):
        try:
            n_closed += finish(receipt).finished_at is not None
        except OSError:  # a storage that does not answer must not keep the others waiting
            logger.exception("%s could not be finished yet", receipt)
    return n_closed
