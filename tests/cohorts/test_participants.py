"""Participants are known by a code, described in chosen words, and hidden from those who rate."""

import re
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from audit.models import Event
from cohorts import participant_services as services
from cohorts.forms import ParticipantForm
from cohorts.models import ClinicalState, Cohort, Participant, Recording, Task
from cohorts.queries import next_code
from cohorts.vocabulary import Diagnosis, MotorState, Stimulation
from deid.models import Rendition
from tests.factories import CohortFactory, ParticipantFactory, RecordingFactory, RenditionFactory, UserFactory
from tests.ratings.build import opened_study

pytestmark = pytest.mark.django_db
GOOD = ["PD-014", "PD1", "DEMO-001", "X-123456", "ABCDEF-999999", "PD-1950"]
BAD = {
    "an e-mail address": ["jane@clinic.org", "J@C-1"],
    "spaces": ["PD 014", " PD-014", "PD-014 ", "PD-014\n", "PD-\t1"],
    "dates": ["1950-01-31", "31.01.1950", "PD-310150", "PD-013150", "PD-500131", "D310150", "JAN-1950", "MAY50"],
    "names": ["JANE-1", "SMITH-02", "LEE1", "Jane Doe", "JANE", "JANEDOE-1"],
    "anything else": ["", "pd-014", "PD-", "014", "PD-1234567", "PD--1", "PD-1A", "ÄÖ-1", "PD-١٢", "=PD-1"],
}


@pytest.fixture
def client(sign_in):
    return sign_in(Role.COORDINATOR)


@pytest.fixture
def cohort(client) -> Cohort:
    return CohortFactory(coordinators=[client.user])


@pytest.mark.parametrize("code", GOOD)
def test_a_code_of_letters_and_a_running_number_is_taken(cohort, code: str):
    assert services.add_participant(cohort=cohort, code=code, actor=None).code == code


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in BAD.items() for code in codes])
def test_a_code_that_could_tell_a_person_is_refused_everywhere(cohort, kind: str, code: str):
    """By the service, by the form, and by the database itself."""
    with pytest.raises(ValidationError):
        services.add_participant(cohort=cohort, code=code, actor=None)
    if code.strip() == code:  # forms strip blanks at the ends
        form = ParticipantForm({"code": code})
        form.instance.cohort = cohort
        assert "code" in form.errors
    with pytest.raises(IntegrityError), transaction.atomic():
        Participant.objects.bulk_create([Participant(cohort=cohort, code=code)])


def test_what_is_wrong_with_a_code_is_said():
    for code, says in (("PD-310150", "reads as a date"), ("JANE-1", "begins with a name"), ("x", "such as PD-014")):
        with pytest.raises(ValidationError, match=says):
            Participant(code=code, cohort=CohortFactory()).full_clean()


@pytest.mark.parametrize(
    ("codes", "following"),
    [([], "PD-001"), (["PD-014"], "PD-015"), (["PD-014", "PD-002"], "PD-015"), (["AB-1", "X9"], "X10"),
     (["PD-099"], "PD-100"), (["PD-010100"], "PD-013200"), (["PD-999"], "PD-1000")],
)  # fmt: skip
def test_the_next_free_code_is_suggested(cohort, codes: list[str], following: str):
    for code in codes:
        if code == "PD-010100":  # reads as a date; its forerunner does not, its followers do
            code = "PD-010099"
        ParticipantFactory(cohort=cohort, code=code)
    suggested = next_code(cohort)
    assert suggested == following
    Participant(cohort=cohort, code=suggested).full_clean()


def test_the_page_adds_a_participant_with_the_suggested_code(client, cohort):
    ParticipantFactory(cohort=cohort, code="PD-014")
    address = f"/cohorts/{cohort.pk}/participants/new/"
    assert 'value="PD-015"' in client.get(address).content.decode()
    sent = {"code": "PD-015", "sex": "f", "diagnosis": "parkinson", "site": "Ward 3"}
    response = client.post(address, sent)
    added = Participant.objects.get(code="PD-015")
    assert response.url == f"/participants/{added.pk}/"
    assert (added.sex, added.diagnosis, added.site) == ("f", "parkinson", "Ward 3")
    assert Event.objects.filter(verb="participant.added", target_id=str(added.pk), actor=client.user).exists()


def test_the_page_refuses_a_code_that_is_taken_or_bad_beside_the_field(client, cohort):
    ParticipantFactory(cohort=cohort, code="PD-014")
    for code in ("PD-014", "Jane Doe", "PD-310150"):
        response = client.post(f"/cohorts/{cohort.pk}/participants/new/", {"code": code})
        assert response.status_code == 422
        assert b"error-summary" in response.content
    assert Participant.objects.count() == 1


def test_a_participant_is_described_anew_but_keeps_the_code(client, cohort):
    participant = ParticipantFactory(cohort=cohort, code="PD-014")
    address = f"/participants/{participant.pk}/edit/"
    response = client.post(address, {"code": "PD-999", "sex": "m", "diagnosis": "msa", "site": ""})
    assert response.status_code == 302
    participant.refresh_from_db()
    assert (participant.code, participant.sex, participant.diagnosis) == ("PD-014", "m", "msa")
    assert client.post(address, {"site": "jane@clinic.org"}).status_code == 422
    assert client.post(address, {"diagnosis": "a bad cold"}).status_code == 422


@pytest.mark.parametrize("site", ["jane@clinic.org", "1950-01-31", "Room 123", "3 North", "x" * 40, "A\nB"])
def test_a_site_is_a_short_name(cohort, site: str):
    with pytest.raises(ValidationError):
        services.add_participant(cohort=cohort, code="PD-1", site=site, actor=None)
    with pytest.raises((IntegrityError, Exception)), transaction.atomic():
        Participant.objects.bulk_create([Participant(cohort=cohort, code="PD-1", site=site)])
    assert not cohort.participants.exists()


# --- age and clinical state


def describe(recording: Recording, **given) -> Recording:
    facts = {"age": None, "motor_state": "", "minutes_since_levodopa": None, "stimulation": "", "hoehn_yahr": None}
    return services.describe_recording(recording=recording, actor=UserFactory(), **{**facts, **given})


@pytest.mark.parametrize(("given", "kept"), [(0, 0), (67, 67), (89, 89), (90, 90), (91, 90), (104, 90), (None, None)])
def test_ages_of_ninety_and_over_are_one_group(given: int | None, kept: int | None):
    recording = describe(RecordingFactory(), age=given)
    recording.refresh_from_db()
    assert recording.age == kept


def test_ninety_and_over_is_shown_as_one_group(client, cohort):
    recording = RecordingFactory(participant=ParticipantFactory(cohort=cohort))
    describe(recording, age=97)
    assert "90+" in client.get(f"/recordings/{recording.pk}/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"age": -1}, {"age": 121}, {"motor_state": "dim"}, {"minutes_since_levodopa": -1}, {"stimulation": "maybe"},
     {"minutes_since_levodopa": 20000}, {"hoehn_yahr": Decimal("3.5")}, {"hoehn_yahr": Decimal(6)}],
)  # fmt: skip
def test_what_cannot_be_is_refused(wrong: dict):
    recording = RecordingFactory()
    with pytest.raises(ValidationError):
        describe(recording, **wrong)
    assert not ClinicalState.objects.exists()


def test_the_database_refuses_what_the_rules_refuse():
    recording = RecordingFactory()
    describe(recording)
    states, recordings = ClinicalState.objects.all(), Recording.objects.all()
    participants = Participant.objects.all()
    for rows, change in [
        (recordings, {"age": 91}), (recordings, {"age": 97}), (recordings, {"task": "dancing"}),
        (states, {"motor_state": "dim"}), (states, {"minutes_since_levodopa": 20000}),
        (states, {"stimulation": "abc"}), (states, {"hoehn_yahr": Decimal("3.5")}),
        (participants, {"sex": "q"}), (participants, {"diagnosis": "cold"}), (participants, {"site": "a@b"}),
    ]:  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)


@pytest.mark.parametrize("stage", ["0", "1", "1.5", "2", "2.5", "3", "4", "5"])
def test_the_page_keeps_the_state_at_a_recording_and_shows_it_again(client, cohort, stage: str):
    recording = RecordingFactory(participant=ParticipantFactory(cohort=cohort))
    address = f"/recordings/{recording.pk}/circumstances/"
    sent = {
        "age": "71", "motor_state": "on", "minutes_since_levodopa": "45", "stimulation": "off", "hoehn_yahr": stage,
    }  # fmt: skip
    assert client.post(address, sent).url == f"/recordings/{recording.pk}/"
    state = ClinicalState.objects.get(recording=recording)
    assert (state.motor_state, state.minutes_since_levodopa, state.stimulation) == ("on", 45, "off")
    assert state.hoehn_yahr == Decimal(stage)
    page = client.get(address).content.decode()
    assert f'<option value="{stage}" selected>' in page
    assert 'value="71"' in page
    assert client.post(address, {**sent, "age": "x"}).status_code == 422
    assert client.post(address, {}).status_code == 302, "what is not known stays empty"
    assert ClinicalState.objects.get(recording=recording).hoehn_yahr is None


def test_all_eighteen_item_groups_have_a_task_and_the_old_keys_stay():
    numbers = sorted(int(task.label.rpartition("3.")[2].rstrip(")")) for task in Task)
    assert numbers == list(range(1, 19))
    assert {"facial_expression", "speech", "rest"} <= set(Task.values)
    for task in Task:
        Recording(task=task).clean_fields(exclude=[f.name for f in Recording._meta.fields if f.name != "task"])


# --- hidden from raters

WORDS = {"f": "Female", "diagnosis": "Progressive supranuclear palsy", "site": "Secret Ward 7"}


def test_nothing_of_it_reaches_a_rater_or_a_judge(sign_in):
    """Every page and answer of the desk, and every query behind them."""
    study = opened_study(2)
    participants = list(study.cohort.participants.all())
    for participant in participants:
        services.describe_participant(
            participant=participant, sex="f", diagnosis=Diagnosis.PSP, site=WORDS["site"], actor=UserFactory()
        )
    for recording in study.cohort.recordings.all():
        describe(
            recording, age=88, motor_state=MotorState.OFF, minutes_since_levodopa=4242, stimulation=Stimulation.NONE,
            hoehn_yahr=Decimal("2.5"),
        )  # fmt: skip
    rater, judge = sign_in(study.raters.get()), sign_in(Role.JUDGE)
    presentation = study.presentations.first()
    said = ""
    with CaptureQueriesContext(connection) as queries:
        for address in ("/rate/", f"/rate/{presentation.pk}/"):
            said += rater.get(address).content.decode()
        answer = {
            "item": "facial_expression", "score": 1, "not_sure": False,
            "client_id": "0b2f6c1e-8d1c-4a57-9f0e-0c8f0a5d7c11",
        }  # fmt: skip
        saved = rater.post(f"/api/presentations/{presentation.pk}/ratings/", answer, content_type="application/json")
        assert saved.status_code == 201
        said += saved.content.decode()
    said += judge.get("/").content.decode()  # its queries ask whether everybody still consents to being shown
    for word in (*WORDS.values(), "4242", "No stimulator", participants[0].code):
        assert word not in said, word
    text = re.sub(r"<[^>]+>", " ", said)  # random ids in attributes may hold any digits
    for word in ("2.5", "88", "OFF"):
        assert not re.search(rf"\b{re.escape(word)}\b", text), word
    asked = " ".join(query["sql"] for query in queries)
    assert "cohorts_clinicalstate" not in asked
    assert '"cohorts_participant"' not in asked
    assert "cohorts_consentevent" not in asked


@pytest.mark.parametrize("role", [Role.RATER, Role.JUDGE, Role.INVESTIGATOR])
def test_pages_of_participants_are_closed_to_others(sign_in, role: Role):
    recording = RecordingFactory()
    for address in (f"/participants/{recording.participant_id}/", f"/recordings/{recording.pk}/circumstances/"):
        assert sign_in(role).get(address).status_code == 403


# --- lists


def test_recordings_are_found_by_task_state_and_code(client, cohort):
    first, second = (ParticipantFactory(cohort=cohort, code=code) for code in ("PD-001", "AB-002"))
    gait = RecordingFactory(participant=first, task=Task.GAIT)
    rest = RecordingFactory(participant=second, task=Task.REST)
    describe(gait, motor_state=MotorState.OFF)
    RenditionFactory(recording=rest, state=Rendition.State.IN_REVIEW)
    address = f"/cohorts/{cohort.pk}/"

    def shown(query: str) -> set[int]:
        page = client.get(address + query).content.decode()
        return {recording.pk for recording in (gait, rest) if f'href="/recordings/{recording.pk}/"' in page}

    assert shown("") == {gait.pk, rest.pk}
    assert shown("?task=gait") == {gait.pk}
    assert shown("?motor_state=off") == {gait.pk}
    assert shown("?state=in_review") == {rest.pk}
    assert shown("?state=none") == {gait.pk}
    assert shown("?state=released") == set()
    assert shown("?code=AB") == {rest.pk}
    assert shown("?task=gait&state=in_review") == set()
    assert shown("?task=dancing&page=x") == {gait.pk, rest.pk}, "what is no filter narrows nothing"


def test_no_filter_reaches_through_a_relation(client, cohort):
    """Words of the query that are not of the form are not looked at."""
    other = RecordingFactory()
    page = client.get(f"/cohorts/{cohort.pk}/?participant__cohort={other.cohort_id}&cohort={other.cohort_id}")
    assert f'href="/recordings/{other.pk}/"' not in page.content.decode()


def test_long_lists_come_in_pages(client, cohort):
    participant = ParticipantFactory(cohort=cohort)
    for _ in range(51):
        RecordingFactory(participant=participant, task=Task.GAIT)
    page = client.get(f"/cohorts/{cohort.pk}/?task=gait").content.decode()
    assert page.count('href="/recordings/') == 50
    assert "1–50 of 51" in page
    assert "?task=gait&amp;page=2" in page
    assert client.get(f"/cohorts/{cohort.pk}/?task=gait&page=2").content.decode().count('href="/recordings/') == 1


@pytest.mark.parametrize("address", ["/cohorts/{cohort}/", "/cohorts/{cohort}/participants/", "/participants/{own}/"])
def test_lists_cost_the_same_for_one_and_for_three(client, cohort, address: str):
    own = ParticipantFactory(cohort=cohort)

    def add() -> None:
        describe(RecordingFactory(participant=ParticipantFactory(cohort=cohort)), motor_state="on")
        describe(RecordingFactory(participant=own), motor_state="on")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address.format(cohort=cohort.pk, own=own.pk)).status_code == 200
        return len(queries)

    add()
    cost()
    one = cost()
    add()
    add()
    assert cost() == one
