"""Writes to own donors, and which donor a participant wears."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from cohorts import storage
from cohorts.consent import validate_consent
from cohorts.models import Participant
from cohorts.vocabulary import Scope
from config.celery import ring
from deid.donor_queries import accepted_donors
from deid.models import DonorAssignment, Job, OwnDonor

if TYPE_CHECKING:
    from deid.algorithms.donors import Donor, DonorFolder

PHOTOGRAPH_MAX_BYTES = 20_000_000


def add_donor(*, photograph: File, actor: User, **facts: Any) -> OwnDonor:
    """Put a photograph into quarantine and ask a worker whether its face can be worn."""
    donor = OwnDonor(added_by=actor, **facts)
    donor.full_clean()
    if donor.participant is not None:
        validate_consent(donor.participant, Scope.DONOR)
    if photograph.size > PHOTOGRAPH_MAX_BYTES:
        raise ValidationError(
            {"photograph": _("The photograph has %(n)d MB; give one of at most 20 MB.") % {"n": photograph.size >> 20}}
        )
    stored = storage.stored(photograph, participant=donor.participant)
    with stored as donor.storage_name, transaction.atomic():
        donor.save()
        audit.record(actor=actor, verb="donor.added", target=donor)
    transaction.on_commit(lambda: ring("deid.tasks.check_donor", donor_id=donor.pk))
    return donor


def check_donor(*, donor: OwnDonor) -> OwnDonor:
    """The worker's verdict; a photograph that cannot be worn is removed."""
    try:
        found = read_photograph(donor)
    except ValidationError as error:
        return _refuse(donor, " ".join(error.messages))
    arrays = {
        "mesh": found.mesh.round(3).tolist(), "descriptor": found.descriptor.tolist(), "skin": list(found.skin),
    }  # fmt: skip
    with transaction.atomic():
        donor = OwnDonor.objects.select_for_update(of=("self",)).get(pk=donor.pk)
        if donor.state == OwnDonor.State.CHECKING:  # a second delivery finds it decided
            donor.state, donor.arrays = OwnDonor.State.ACCEPTED, arrays
            donor.save()
            audit.record(actor=donor.added_by, verb="donor.accepted", target=donor)
    return donor


def read_photograph(donor: OwnDonor) -> "Donor":
    """The donor in the photograph, as the methods want it; ValidationError says why it cannot be one."""
    import cv2
    import numpy as np

    from deid.algorithms.facemodel.own import donor_from_photograph
    from deid.algorithms.facemodel.portrait import UnusablePortrait

    with storage.local_copy(donor.storage_name) as path:
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValidationError(_("The file is no photograph that can be read: give a JPEG or PNG picture."))
    rgb = np.ascontiguousarray(picture[:, :, ::-1], dtype=np.uint8)
    try:
        return donor_from_photograph(rgb, name=donor.name, sex="f" if donor.sex == "f" else "m", age=float(donor.age))
    except UnusablePortrait as error:
        raise ValidationError(str(error)) from error


def _refuse(donor: OwnDonor, message: str) -> OwnDonor:
    with transaction.atomic():
        donor = OwnDonor.objects.select_for_update(of=("self",)).get(pk=donor.pk)
        if donor.state != OwnDonor.State.CHECKING:
            return donor
        name = donor.storage_name
        donor.state, donor.message, donor.storage_name = OwnDonor.State.REFUSED, message, ""
        donor.save()
        audit.record(actor=donor.added_by, verb="donor.refused", target=donor)
    storage.remove(name)
    return donor


def ring_waiting_donors() -> int:
    waiting = list(OwnDonor.objects.filter(state=OwnDonor.State.CHECKING).values_list("pk", flat=True)[:100])
    for pk in waiting:
        ring("deid.tasks.check_donor", donor_id=pk)
    return len(waiting)


def donors_for(job: Job) -> "DonorFolder | None":
    """The shipped donors and the own one that is worn; None where none of the own ones is."""
    name = job.parameters.get("donor") or assigned_donor(job.recording.participant) or ""
    own = accepted_donors().filter(name=name).first()
    if own is None:
        return None
    from deid.algorithms.donors import DonorFolder

    return DonorFolder.open().with_own(read_photograph(own))


def assigned_donor(participant: Participant) -> str | None:
    assignment = DonorAssignment.objects.filter(participant=participant).first()
    return assignment.donor if assignment else None


def keep_donor(participant: Participant, donor: str) -> None:
    """The first donor that a participant wore is worn from then on, unless a job names another."""
    DonorAssignment.objects.get_or_create(participant=participant, defaults={"donor": donor})
