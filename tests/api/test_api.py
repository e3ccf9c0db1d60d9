"""Programs do what coordinators do on pages, by the same rules."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from cohorts.models import ClinicalState, Participant, Upload
from deid.models import Job, OwnDonor
from tests.factories import OriginalFactory, ParticipantFactory, RecordingFactory, UserFactory

pytestmark = pytest.mark.django_db


def address(route: str, row: object) -> str:
    return reverse(route, kwargs={"pk": row.pk})


def test_a_participant_is_added_described_and_listed(program):
    participants = address("cohorts-api:participants", program.cohort)
    made = program.client.post(participants, {"code": "PD-002", "sex": "f"}, content_type="application/json")
    assert made.status_code == 201
    participant = Participant.objects.get(code="PD-002")
    assert participant.cohort == program.cohort
    one = address("cohorts-api:participant", participant)
    changed = program.client.patch(one, {"diagnosis": "parkinson"}, content_type="application/json")
    assert changed.status_code == 200
    assert (changed.json()["sex"], changed.json()["diagnosis"]) == ("f", "parkinson")
    listed = program.client.get(participants).json()["results"]
    assert [each["code"] for each in listed] == ["PD-002", "PD-001"]


@pytest.mark.parametrize("code", ["jane@example.org", "PD 3", "PD-310165", "SMITH-1", "PD-001"])
def test_codes_are_refused_as_on_the_page(program, code):
    """An address, a space, a date, a name, and a code that is taken."""
    body = {"code": code}
    answer = program.client.post(address("cohorts-api:participants", program.cohort), body, "application/json")
    assert answer.status_code == 400
    assert Participant.objects.count() == 1


def test_the_code_of_a_participant_stays(program):
    one = address("cohorts-api:participant", program.participant)
    program.client.patch(one, {"code": "PD-777"}, content_type="application/json")
    program.participant.refresh_from_db()
    assert program.participant.code == "PD-001"


def test_recordings_tell_nothing_of_storage_or_of_the_clinic(program):
    ClinicalState.objects.create(recording=program.recording, motor_state="off", hoehn_yahr=3)
    told = program.client.get(address("cohorts-api:recording", program.recording)).json()
    assert told["participant"] == "PD-001"
    assert not {"storage_name", "clinical", "motor_state", "age"} & set(told)


def test_recordings_are_narrowed_to_a_task_that_exists(program):
    RecordingFactory(participant=program.participant, task="gait")
    recordings = address("cohorts-api:recordings", program.cohort)
    assert [each["task"] for each in program.client.get(recordings + "?task=gait").json()["results"]] == ["gait"]
    assert program.client.get(recordings + "?task=dancing").status_code == 400
    assert program.client.get(recordings + "?participant__code=PD-001").status_code == 400


def test_a_file_is_taken_into_quarantine(program):
    content = SimpleUploadedFile("clip.mp4", b"not yet looked at", content_type="video/mp4")
    uploads = address("cohorts-api:uploads", program.cohort)
    answer = program.client.post(uploads, {"code": "PD-003", "task": "speech", "content": content})
    assert answer.status_code == 202
    assert answer.json()["state"] == "checking"
    assert Upload.objects.get(pk=answer.json()["id"]).added_by == program.user


def test_a_job_is_asked_for_seen_and_cancelled(program):
    jobs = address("deid-api:recording_jobs", program.recording)
    asked = program.client.post(jobs, {"method": "pixelate"}, content_type="application/json")
    assert asked.status_code == 202
    job = Job.objects.get(pk=asked.json()["id"])
    assert job.created_by == program.user
    cancel = address("deid-api:job_cancel", job)
    assert program.client.post(cancel).json()["state"] == "cancelled"
    again = program.client.post(cancel)
    assert again.status_code == 400
    assert "over" in again.json()["detail"][0]


def test_a_job_without_consent_is_refused_in_words(program):
    participant = ParticipantFactory(cohort=program.cohort, code="PD-008", scopes=[])
    jobs = address("deid-api:recording_jobs", RecordingFactory(participant=participant))
    answer = program.client.post(jobs, {"method": "pixelate"}, content_type="application/json")
    assert answer.status_code == 400
    assert "consent" in str(answer.json()).casefold()


def test_anothers_own_donor_cannot_be_worn(program):
    OwnDonor.objects.create(
        name="own-other", sex="f", age=40, consent="sheet", consented_on="2026-01-31", state="accepted",
        added_by=UserFactory(role=Role.COORDINATOR), storage_name="x", arrays={},
    )  # fmt: skip
    body = {"method": "motionmesh", "donor": "own-other"}
    jobs = address("deid-api:recording_jobs", program.recording)
    assert program.client.post(jobs, body, content_type="application/json").status_code == 400


def test_renditions_come_with_their_certificates_and_without_originals(program):
    OriginalFactory(recording=program.recording)
    listed = program.client.get(address("deid-api:recording_renditions", program.recording)).json()["results"]
    assert [each["id"] for each in listed] == [program.rendition.pk]
    assert listed[0]["certificate"] == program.rendition.certificate
    assert "storage_name" not in listed[0]


@pytest.mark.parametrize(
    ("route", "name", "scope"),
    [
        ("cohorts-api:cohort", "cohort", "read:cohorts"),
        ("cohorts-api:recording", "recording", "read:recordings"),
        ("deid-api:job", "job", "read:jobs"),
        ("deid-api:rendition", "rendition", "read:renditions"),
    ],
)
def test_each_read_needs_its_own_scope(program, token_of, route, name, scope):
    others = {"read:cohorts", "read:recordings", "read:jobs", "read:renditions"} - {scope}
    where = address(route, getattr(program, name))
    with_others = Client(headers={"Authorization": f"Bearer {token_of(program.user, *others)}"})
    with_it = Client(headers={"Authorization": f"Bearer {token_of(program.user, scope)}"})
    assert with_others.get(where).status_code == 403
    assert with_it.get(where).status_code == 200


def test_a_token_that_reads_does_not_write(program, token_of):
    reading = Client(headers={"Authorization": f"Bearer {token_of(program.user, 'read:cohorts', 'read:jobs')}"})
    participants = address("cohorts-api:participants", program.cohort)
    assert reading.post(participants, {"code": "PD-5"}, content_type="application/json").status_code == 403
    assert reading.post(address("deid-api:job_cancel", program.job)).status_code == 403


def test_lists_take_as_many_queries_for_three_as_for_one(program, django_assert_max_num_queries):
    def count(where: str) -> int:
        with django_assert_max_num_queries(40) as asked:
            assert program.client.get(where).status_code == 200
        return len(asked)

    lists = [
        address("cohorts-api:participants", program.cohort), address("cohorts-api:recordings", program.cohort),
        reverse("cohorts-api:cohorts"), reverse("deid-api:jobs"),
    ]  # fmt: skip
    program.client.get(lists[0])  # the first use of a token is an event
    before = [count(where) for where in lists]
    for number in (2, 3):
        recording = RecordingFactory(participant=ParticipantFactory(cohort=program.cohort, code=f"PD-00{number}"))
        Job.objects.create(recording=recording, method="blur")
    assert [count(where) for where in lists] == before


def test_the_schema_names_every_address(program):
    """Each route of the API is in the description that is served."""
    served = program.client.get(reverse("schema")).json()["paths"]
    assert {"/api/cohorts/", "/api/participants/{id}/", "/api/recordings/{id}/jobs/", "/api/renditions/{id}/",
            "/api/cohorts/{id}/uploads/", "/api/token/"} <= set(served)  # fmt: skip
