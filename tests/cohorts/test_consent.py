"""Consent: kept as a history, asked for where it matters."""

import io
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, InternalError, transaction
from django.utils import timezone

from accounts.models import Role
from audit.models import Event
from cohorts import storage
from cohorts.consent import consenting, given_scopes, validate_consent
from cohorts.models import ConsentEvent, Participant, Scope
from cohorts.participant_services import record_consent
from deid import donor_services, rendering
from deid import services as deid
from deid.donor_queries import accepted_donors, donor_choices
from deid.models import DonorAssignment, Job, OwnDonor, Rendition
from ratings import queries, services
from tests.factories import (
    CohortFactory,
    JobFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    UserFactory,
    consent,
)
from tests.links import body
from tests.ratings.build import draft_study, opened_study

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def client(sign_in):
    return sign_in(Role.COORDINATOR)


@pytest.fixture
def participant(client) -> Participant:
    return ParticipantFactory(cohort=CohortFactory(coordinators=[client.user]), code="PD-007", scopes=[])


def record(participant: Participant, *scopes: Scope, given: bool = True, on: date | None = None, version: str = "1.0"):
    return record_consent(
        participant=participant, scopes=scopes, given=given, on=on or TODAY(), version=version, actor=None
    )


# --- the history


def test_the_newest_event_of_a_scope_holds_and_none_is_lost(participant):
    record(participant, Scope.RESEARCH, Scope.RATING, on=date(2025, 3, 1))
    record(participant, Scope.RATING, given=False)
    assert given_scopes(participant) == {Scope.RESEARCH}
    record(participant, Scope.RATING, version="2.0")
    assert given_scopes(participant) == {Scope.RESEARCH, Scope.RATING}
    assert participant.consents.count() == 4
    assert list(consenting(Scope.RATING)) == [participant]
    assert not consenting(Scope.DONOR)


def test_no_row_is_ever_changed_or_removed(participant):
    (event,) = record(participant, Scope.RESEARCH)
    for act in (lambda: ConsentEvent.objects.filter(pk=event.pk).update(given=False), event.delete):
        with pytest.raises((IntegrityError, InternalError), match="never changed or removed"), transaction.atomic():
            act()


@pytest.mark.parametrize(
    ("given", "says"),
    [({"on": TODAY() + timedelta(days=2)}, "between 1990-01-01 and today"), ({"on": date(1980, 1, 1)}, "1990-01-01"),
     ({"version": ""}, "blank"), ({"version": "a@b"}, "it was “a@b”"), ({"scopes": []}, "at least one scope")],
)  # fmt: skip
def test_what_cannot_be_is_refused(participant, given: dict, says: str):
    facts = {"participant": participant, "scopes": [Scope.RESEARCH], "given": True, "on": TODAY(), "version": "1"}
    with pytest.raises(ValidationError, match=says):
        record_consent(**{**facts, **given}, actor=None)
    assert not participant.consents.exists()


def test_the_database_refuses_it_too(participant):
    good = {"participant": participant, "scope": "research", "given": True, "on": TODAY(), "version": "1"}
    for wrong in ({"scope": "fun"}, {"version": ""}, {"version": "a@b"}, {"on": date(1980, 1, 1)},
                  {"on": TODAY() + timedelta(days=5)}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            ConsentEvent.objects.bulk_create([ConsentEvent(**{**good, **wrong})])


def test_only_a_consent_that_holds_is_taken_back_and_not_before_it_was_given(participant):
    with pytest.raises(ValidationError, match="no consent for “Sharing of renditions” that could be taken back"):
        record(participant, Scope.SHARING, given=False)
    record(participant, Scope.SHARING, on=date(2026, 3, 1))
    with pytest.raises(ValidationError, match="given on 2026-03-01"):
        record(participant, Scope.SHARING, given=False, on=date(2026, 2, 1))
    record(participant, Scope.SHARING, given=False)
    assert given_scopes(participant) == set()


def test_the_page_records_several_scopes_at_once_with_who_and_when(client, participant):
    sent = {"given": "yes", "scopes": ["research", "rating"], "on": "2026-03-01", "version": "2.1"}
    response = client.post(f"/participants/{participant.pk}/consent/", sent)
    assert response.url == f"/participants/{participant.pk}/"
    events = list(participant.consents.all())
    assert {(e.scope, e.on, e.version, e.recorded_by) for e in events} == {
        (scope, date(2026, 3, 1), "2.1", client.user) for scope in ("research", "rating")
    }
    assert Event.objects.filter(verb="consent.given", target_id=str(participant.pk)).count() == 2
    page = client.get(response.url).content.decode()
    assert page.count("badge good") == 2
    assert page.count("not asked") == 3


@pytest.mark.parametrize(
    "wrong", [{"scopes": []}, {"on": "2999-01-01"}, {"on": "soon"}, {"given": ""}, {"version": ""}]
)
def test_the_page_says_what_is_wrong(client, participant, wrong: dict):
    sent = {"given": "yes", "scopes": ["research"], "on": "2026-03-01", "version": "2.1", **wrong}
    response = client.post(f"/participants/{participant.pk}/consent/", sent)
    assert response.status_code == 422
    assert b"error-summary" in response.content
    assert not participant.consents.exists()


def test_taking_back_what_was_not_given_is_said_on_the_page(client, participant):
    sent = {"given": "no", "scopes": ["donor"], "on": "2026-03-01", "version": "2.1"}
    response = client.post(f"/participants/{participant.pk}/consent/", sent)
    assert response.status_code == 422
    assert "that could be taken back" in response.content.decode()


# --- research


def test_without_consent_to_research_nothing_is_de_identified_and_the_page_says_what_to_do(client, participant):
    recording = RecordingFactory(participant=participant)
    response = client.post(f"/recordings/{recording.pk}/jobs/", {"method": "mask"})
    assert response.status_code == 422
    page = response.content.decode()
    assert "PD-007 has no consent for “Research: de-identification and analysis”" in page
    assert "Record the signed consent on the participant" in page
    assert not Job.objects.exists()
    record(participant, Scope.RESEARCH)
    assert client.post(f"/recordings/{recording.pk}/jobs/", {"method": "mask"}).status_code == 302


def test_a_file_may_come_in_before_its_consent_but_nothing_is_made_of_it(participant):
    recording = RecordingFactory(participant=participant)
    for ask in (deid.request_job, deid.request_original):
        with pytest.raises(ValidationError, match="no consent for “Research"):
            ask(recording=recording, actor=None, **({"method": "mask"} if ask is deid.request_job else {}))


def test_taking_research_back_stops_jobs_and_closes_what_is_open(participant):
    consent(participant, *Scope)
    job = JobFactory(recording=RecordingFactory(participant=participant))
    other = JobFactory()
    record(participant, Scope.RESEARCH, given=False)
    job.refresh_from_db()
    other.refresh_from_db()
    assert (job.state, other.state) == (Job.State.CANCELLED, Job.State.QUEUED)


def test_a_job_that_was_asked_for_before_is_not_rendered_after(participant):
    """Belt and braces: the worker asks again, and the job ends with a sentence."""
    from deid.leases import claim

    job = claim(JobFactory(recording=RecordingFactory(participant=participant)).pk)
    with pytest.raises(ValidationError) as error:
        rendering.render_job(job=job, lost=None)
    rendering.fail_job(job=job, error=error.value)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert job.error.startswith("PD-007 has no consent")


# --- rating


@pytest.mark.parametrize("scope", [Scope.RATING, Scope.RESEARCH])
def test_recordings_without_consent_are_left_out_of_a_study_by_name(client, scope: Scope):
    study = draft_study(3, coordinator=client.user)
    one = study.cohort.participants.first()
    record(one, scope, given=False)
    services.prepare_study(study=study, actor=None)
    assert len(queries.shown_renditions(study)) == 2
    page = client.get(f"/studies/{study.pk}/").content.decode()
    assert f"Left out for want of consent to research or to rating by experts outside: {one.code}." in page
    services.open_study(study=study, actor=None)
    assert study.presentations.count() == 4
    assert not study.presentations.filter(recording__participant=one).exists()


def test_a_study_of_nobody_who_consents_does_not_open_and_says_whose_consent_is_missing():
    study = draft_study(2)
    for participant in study.cohort.participants.all():
        record(participant, Scope.RATING, given=False)
    codes = ", ".join(sorted(study.cohort.participants.values_list("code", flat=True)))
    with pytest.raises(ValidationError, match=f"is missing for {codes}. Record it on the participants' pages"):
        services.open_study(study=study, actor=None)


def test_taking_rating_back_closes_what_is_open_and_leaves_the_others(client):
    study = opened_study(2)
    one = study.cohort.participants.first()
    record(one, Scope.RATING, given=False)
    closed = study.presentations.filter(excluded_at__isnull=False)
    assert set(closed.values_list("recording__participant", flat=True)) == {one.pk}
    assert closed.count() == 2


# --- donors


def donor(participant: Participant | None, **given) -> OwnDonor:
    facts = {"name": f"own-{OwnDonor.objects.count()}", "sex": "f", "age": 40, "consent": "sheet 1"}
    return OwnDonor.objects.create(
        **facts, consented_on=date(2026, 1, 1), participant=participant, state="accepted", added_by=UserFactory(),
        storage_name=storage.store(io.BytesIO(b"jpeg")), **given,
    )  # fmt: skip


def test_a_participants_face_becomes_a_donor_only_with_consent(client, participant):
    def add():
        photograph = SimpleUploadedFile("x.jpg", b"jpeg")
        return donor_services.add_donor(
            photograph=photograph, actor=client.user, name="own-one", sex="f", age=40, consent="sheet 1",
            consented_on=date(2026, 1, 1), participant=participant,
        )  # fmt: skip

    with pytest.raises(ValidationError, match="no consent for “Use of the face as a donor”"):
        add()
    record(participant, Scope.DONOR)
    assert add().participant == participant


def test_the_form_offers_own_participants_who_consent(client, participant):
    stranger = ParticipantFactory()
    page = client.get("/donors/").content.decode()
    assert "PD-007" not in page
    record(participant, Scope.DONOR)
    page = client.get("/donors/").content.decode()
    assert "PD-007" in page
    assert stranger.code not in page


def test_a_donor_whose_consent_was_taken_back_is_worn_no_more(participant):
    record(participant, Scope.DONOR)
    worn, free = donor(participant), donor(None)
    wearer = RecordingFactory()
    DonorAssignment.objects.create(participant=wearer.participant, donor=worn.name)
    named = JobFactory(method="motionmesh", parameters={"donor": worn.name})
    assigned, other = JobFactory(recording=wearer, method="motionmesh"), JobFactory()
    record(participant, Scope.DONOR, given=False)
    assert list(accepted_donors()) == [free]
    assert worn.name not in dict(donor_choices())
    assert not DonorAssignment.objects.exists()
    for job in (named, assigned, other):
        job.refresh_from_db()
    assert [job.state for job in (named, assigned, other)] == ["cancelled", "cancelled", "queued"]
    with pytest.raises(ValidationError, match="No donor"):
        deid.request_job(recording=RecordingFactory(), method="motionmesh", actor=None, donor=worn.name)


# --- sharing


def test_a_rendition_leaves_the_platform_only_with_consent_and_is_noted(client, participant):
    rendition = RenditionFactory(recording=RecordingFactory(participant=participant))
    address = f"/renditions/{rendition.pk}/share/"
    response = client.post(address, follow=True)
    assert "PD-007 has no consent for “Sharing of renditions”" in response.content.decode()
    assert not Event.objects.filter(verb="rendition.exported").exists()
    record(participant, Scope.SHARING)
    response = client.post(address)
    assert response["Content-Disposition"] == f'attachment; filename="rendition-{rendition.pk}.mp4"'
    assert len(body(response)) == rendition.n_bytes
    assert Event.objects.get(verb="rendition.exported").target_id == str(rendition.pk)


def test_what_is_not_released_is_not_shared(client, participant):
    consent(participant, *Scope)
    recording = RecordingFactory(participant=participant)
    rendition = RenditionFactory(recording=recording, state=Rendition.State.IN_REVIEW)
    response = client.post(f"/renditions/{rendition.pk}/share/", follow=True)
    assert "Only a released rendition can be shared" in response.content.decode()
    assert not Event.objects.filter(verb="rendition.exported").exists()


def test_a_missing_consent_names_who_what_and_what_to_do(participant):
    for scope in Scope:
        with pytest.raises(ValidationError) as error:
            validate_consent(participant, scope)
        assert error.value.code == f"no_consent_{scope.value}"
        assert "PD-007" in error.value.messages[0]
        assert str(scope.label) in error.value.messages[0]
