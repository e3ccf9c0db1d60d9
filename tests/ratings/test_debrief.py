"""The debrief: after all ratings, what raters took the videos for; from its beginning on their ratings stand."""

import json
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from analysis.blinding_queries import guesses_by_arm
from analysis.queries import Sealed
from ratings import debrief_services, services
from ratings.amendment_services import add_recordings
from ratings.models import DebriefShowing, Guess
from ratings.protocol import Protocol
from tests.factories import OriginalFactory, ParticipantFactory, RecordingFactory, RenditionFactory, UserFactory
from tests.ratings.build import READY, arm_of, opened_study, rate, rate_all

pytestmark = pytest.mark.django_db
ASKING = Protocol(**{**READY.to_json(), "debrief_videos": 50})


@pytest.fixture
def study():
    study = opened_study(3, n_raters=1, protocol=ASKING)
    rate_all(study)
    return study


@pytest.fixture
def place(study):
    return study.places.get()


def answer_all(place, taken_for) -> None:
    for showing in place.debrief.select_related("presentation"):
        taken = taken_for(showing.presentation)
        confidence = None if taken == "unknown" else 4
        debrief_services.give_guess(showing=showing, taken_for=taken, confidence=confidence)


def test_it_waits_until_the_last_video_is_rated():
    study = opened_study(2, protocol=ASKING)
    place = study.places.get()
    with pytest.raises(ValidationError, match="4 videos are not rated yet"):
        debrief_services.begin_debrief(place=place)
    rate_all(study)
    assert debrief_services.begin_debrief(place=place) == 4


def test_a_study_that_does_not_want_it_has_none():
    study = opened_study(1)
    rate_all(study)
    with pytest.raises(ValidationError, match="asks nothing"):
        debrief_services.begin_debrief(place=study.places.get())


def test_no_more_are_asked_about_than_the_protocol_says_and_the_lot_stands():
    study = opened_study(3, protocol=Protocol(**{**READY.to_json(), "debrief_videos": 2}))
    rate_all(study)
    place = study.places.get()
    assert debrief_services.begin_debrief(place=place) == 2
    drawn = list(place.debrief.values_list("presentation", "position"))
    assert debrief_services.begin_debrief(place=place) == 2, "a second press draws no other lot"
    assert list(place.debrief.values_list("presentation", "position")) == drawn
    with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
        DebriefShowing.objects.update(position=7)


def test_from_its_beginning_on_ratings_cannot_be_changed(study, place, sign_in):
    presentation = study.presentations.first()
    rate(presentation, "facial_expression", 2)
    debrief_services.begin_debrief(place=place)
    told = {"item": "facial_expression", "score": 3, "not_sure": False, "change_reason": "slip"}
    told |= {"client_id": str(uuid.uuid4())}
    answer = sign_in(place.rater).post(
        f"/api/presentations/{presentation.pk}/ratings/", json.dumps(told), content_type="application/json"
    )
    assert answer.status_code == 409
    assert "can no longer be changed" in answer.json()["detail"][0]
    assert presentation.ratings.filter(score=3).count() == 0


def test_no_recordings_come_late_to_who_could_not_rate_them_any_more(study, place):
    recording = RecordingFactory(participant=ParticipantFactory(cohort=study.cohort))
    OriginalFactory(recording=recording)
    RenditionFactory(recording=recording)
    debrief_services.begin_debrief(place=place)
    with pytest.raises(ValidationError, match="nothing is added"):
        add_recordings(study=study, reason="more came", actor=UserFactory())


def test_a_guess_is_given_once_and_never_changed(place):
    debrief_services.begin_debrief(place=place)
    showing = place.debrief.first()
    debrief_services.give_guess(showing=showing, taken_for="filmed", confidence=2)
    with pytest.raises(ValidationError, match="answered this already"):
        debrief_services.give_guess(showing=showing, taken_for="changed", confidence=5)
    for statement in ("UPDATE ratings_guess SET confidence = 5", "DELETE FROM ratings_guess"):
        with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
            connection.cursor().execute(statement)


@pytest.mark.parametrize(
    ("taken_for", "confidence"), [("filmed", None), ("unknown", 3), ("changed", 0), ("filmed", 6), ("mask", 3)]
)
def test_how_sure_goes_with_a_guess_and_with_nothing_else(place, taken_for, confidence):
    debrief_services.begin_debrief(place=place)
    showing = place.debrief.first()
    with pytest.raises(ValidationError):
        debrief_services.give_guess(showing=showing, taken_for=taken_for, confidence=confidence)
    with pytest.raises(IntegrityError), transaction.atomic():
        Guess.objects.create(showing=showing, taken_for=taken_for, confidence=confidence)


def test_the_rater_is_led_from_question_to_question_and_told_no_version(study, place, sign_in):
    client = sign_in(place.rater)
    assert "One thing is left" in client.get("/rate/").content.decode()
    page = client.post(f"/rate/studies/{study.pk}/debrief/begin/", follow=True)
    asked = []
    while "/rate/debrief/" in page.request["PATH_INFO"]:
        asked.append(page.request["PATH_INFO"].split("/")[-2])
        assert "mask" not in page.content.decode(), "the method is named nowhere"
        page = client.post(page.request["PATH_INFO"], {"taken_for": "unknown"}, follow=True)
    assert "All questions are answered" in page.content.decode()
    assert sorted(asked) == sorted(str(pk) for pk in study.presentations.values_list("pk", flat=True))
    assert "Look at the last one again" not in client.get("/rate/").content.decode()


def test_the_index_tells_an_arm_that_was_known_from_one_that_was_guessed(study, place):
    """Originals are always told; of the others one is told, one taken for the original, one not known."""
    debrief_services.begin_debrief(place=place)
    others = iter(["changed", "filmed", "unknown"])
    answer_all(place, lambda shown: "filmed" if arm_of(shown) == "original" else next(others))
    with pytest.raises(Sealed):
        guesses_by_arm(study)
    services.close_study(study=study, actor=None)
    study.refresh_from_db()
    original, masked = guesses_by_arm(study)
    assert (original.arm, original.index.n, original.index.index) == ("original", 3, 1)
    assert (masked.arm, masked.index.n_correct, masked.index.n_wrong, masked.index.n_unknown) == ("mask", 1, 1, 1)
    assert (masked.index.index, masked.sure_right) == (0, 4)


def test_the_results_page_shows_the_index_once_the_study_is_closed(study, place, sign_in):
    debrief_services.begin_debrief(place=place)
    answer_all(place, lambda shown: "filmed")
    reader = sign_in("administrator")
    assert "Bang" not in reader.get(f"/results/{study.pk}/").content.decode()
    services.close_study(study=study, actor=None)
    told = reader.get(f"/results/{study.pk}/").content.decode()
    assert "+1.00" in told
    assert "−1.00" in told
