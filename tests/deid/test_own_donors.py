"""Donors that coordinators add, and the donor a participant keeps."""

import datetime
import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from skimage.data import astronaut

from accounts.models import Role
from audit.models import Event
from cohorts import storage
from deid import donor_queries, donor_services, rendering, services
from deid.models import DonorAssignment, OwnDonor
from tests.factories import RecordingFactory, UserFactory
from tests.links import watch

pytestmark = pytest.mark.django_db


def photograph(picture: np.ndarray) -> SimpleUploadedFile:
    encoded = cv2.imencode(".jpg", picture[:, :, ::-1])[1].tobytes()
    return SimpleUploadedFile("Jane Doe.jpg", encoded)


def shipped_face() -> np.ndarray:
    """A synthetic donor's own picture: frontal, neutral, and nobody's."""
    path = donor_queries.shipped_picture(donor_queries.shipped_donors()[0]["name"])
    return cv2.imread(str(path))[:, :, ::-1]


def facts(**changed) -> dict:
    return {
        "name": "own-volunteer-1", "sex": "f", "age": 44, "consent": "folder 7, sheet 3",
        "consented_on": datetime.date(2026, 1, 31), **changed,
    }  # fmt: skip


def add(picture: np.ndarray, **changed) -> OwnDonor:
    return donor_services.add_donor(photograph=photograph(picture), actor=UserFactory(), **facts(**changed))


def test_a_good_photograph_becomes_a_donor_that_jobs_may_name():
    donor = donor_services.check_donor(donor=add(shipped_face()))
    assert donor.state == OwnDonor.State.ACCEPTED, donor.message
    assert np.array(donor.arrays["mesh"]).shape == (478, 3)
    assert len(donor.arrays["descriptor"]) == 128
    job = services.request_job(recording=RecordingFactory(), method="motionmesh", actor=None, donor="own-volunteer-1")
    assert job.parameters == {"donor": "own-volunteer-1"}


@pytest.mark.parametrize(
    ("picture", "says"),
    [
        (np.full((600, 600, 3), 200, np.uint8), "no face"),
        (astronaut(), "at least 160"),
        (cv2.resize(astronaut()[20:260, 100:340], (960, 960)), "mouth"),
        (np.zeros((0, 0, 3), np.uint8), "read"),
    ],
    ids=["nobody", "small", "smiling", "no picture"],
)  # fmt: skip
def test_a_photograph_that_cannot_be_worn_is_refused_and_removed(picture: np.ndarray, says: str, media: Path):
    donor = add(picture) if picture.size else donor_services.add_donor(
        photograph=SimpleUploadedFile("x.jpg", b"Dear doctor"), actor=UserFactory(), **facts()
    )  # fmt: skip
    donor = donor_services.check_donor(donor=donor)
    assert donor.state == OwnDonor.State.REFUSED
    assert says in donor.message
    assert not [path for path in media.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "changed",
    [{"name": "Jane Doe"}, {"name": "own-"}, {"age": 17}, {"consent": ""}, {"sex": "x"}, {"consented_on": None}],
)
def test_a_donor_without_name_consent_or_age_is_refused_by_form_and_database(changed: dict):
    with pytest.raises(ValidationError):
        add(shipped_face(), **changed)
    with pytest.raises(IntegrityError), transaction.atomic():
        OwnDonor.objects.bulk_create([OwnDonor(added_by=UserFactory(), **facts(**changed))])


def test_a_donor_that_does_not_exist_or_waits_is_not_worn():
    add(shipped_face())
    for name in ("own-volunteer-1", "nobody"):
        with pytest.raises(ValidationError, match="may be worn"):
            services.request_job(recording=RecordingFactory(), method="motionmesh", actor=None, donor=name)


def test_a_participant_keeps_the_first_donor():
    recording = RecordingFactory()
    donor_services.keep_donor(recording.participant, "f-white-01")
    donor_services.keep_donor(recording.participant, "m-white-02")
    assert DonorAssignment.objects.get().donor == "f-white-01"


def test_a_later_job_wears_the_kept_donor_and_other_methods_none():
    recording, name = RecordingFactory(), donor_queries.shipped_donors()[0]["name"]
    donor_services.keep_donor(recording.participant, name)
    jobs = {
        method: services.request_job(recording=recording, method=method, actor=None)
        for method in ("motionmesh", "blur")
    }
    assert rendering.parameters_of(jobs["motionmesh"]) == {"donor": name}
    assert rendering.parameters_of(jobs["blur"]) == {}


def test_a_named_donor_goes_before_the_kept_one():
    recording, (first, second, *_) = RecordingFactory(), [donor["name"] for donor in donor_queries.shipped_donors()]
    donor_services.keep_donor(recording.participant, first)
    job = services.request_job(recording=recording, method="motionmesh", actor=None, donor=second)
    assert rendering.parameters_of(job) == {"donor": second}


def test_an_own_donor_reaches_the_engine_beside_the_shipped_ones():
    donor_services.check_donor(donor=add(shipped_face()))
    job = services.request_job(recording=RecordingFactory(), method="motionmesh", actor=None, donor="own-volunteer-1")
    folder = donor_services.donors_for(job)
    assert folder.load("own-volunteer-1").mesh.shape == (478, 3)
    assert "own-volunteer-1" not in folder.names  # it is never chosen by the engine


def test_the_page_takes_a_photograph_and_keeps_no_file_name(sign_in):
    client = sign_in(Role.COORDINATOR)
    sent = facts(consented_on="2026-01-31", photograph=photograph(shipped_face()))
    assert client.post("/donors/", sent).status_code == 302
    assert "Jane" not in str(OwnDonor.objects.values())
    page = client.get("/donors/").content.decode()
    assert "own-volunteer-1" in page
    assert "CC BY 4.0" in page


def test_an_own_donor_is_seen_by_who_added_it_and_every_look_is_recorded(sign_in):
    client, other = sign_in(Role.COORDINATOR), sign_in(Role.COORDINATOR)
    donor = OwnDonor.objects.create(
        added_by=client.user, state="accepted", storage_name=storage.store(io.BytesIO(b"jpeg")), **facts()
    )
    assert b"".join(watch(client, f"/donors/own/{donor.pk}").streaming_content) == b"jpeg"
    assert Event.objects.filter(verb="donor.viewed", actor=client.user).count() == 1
    assert watch(other, f"/donors/own/{donor.pk}").status_code == 404
