"""The monitor: who is where, in one query; no score and no version."""

import os
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from ratings import debrief_services, desk_queries
from ratings.models import Presentation, Rating, Reminder, SessionSignature, StudyRater
from ratings.monitor_queries import rater_rows
from ratings.protocol import Protocol
from ratings.services import new_place
from ratings.signing_services import sign_session
from ratings.viewing_services import keep_viewing
from tests.factories import UserFactory
from tests.ratings.build import READY, make_raters, opened_study, rate, rate_all
from tests.ratings.bulk import analyse

pytestmark = pytest.mark.django_db
ITEMS = ("facial_expression", "rest_tremor_lip_jaw")
SIZE = os.environ.get("MONITOR_SIZE", "11x30")  # raters x presentations of each; the proof is 110x300


def test_a_row_says_where_the_rater_is():
    study = opened_study(3, n_raters=2)
    place = study.places.get(number=1)
    own = study.presentations.filter(rater=place.rater).order_by("position")
    before = timezone.now()
    for presentation in own[:4]:
        rate(presentation, ITEMS[0], 2)
        rate(presentation, ITEMS[1], None)
    rate(own[0], ITEMS[1], 0)  # now sure
    Reminder.objects.create(study=study, user=place.rater, n_waiting=2)
    first, second = rater_rows(study)
    assert (first.n_completed, first.n_presentations, first.session, first.n_sessions) == (4, 6, 2, 2)
    assert first.n_not_sure == 3, "only the current answer to an item counts"
    assert before < first.last_answer < timezone.now()
    assert first.last_reminder > before
    assert (second.n_completed, second.session, second.last_answer, second.last_reminder) == (0, 1, None, None)


def test_the_next_session_opens_when_the_desk_lets_the_rater_in():
    study = opened_study(2, protocol=Protocol(**{**READY.to_json(), "gap_days": 14}))
    rater = study.raters.get()
    for presentation in study.presentations.filter(session=0):
        for item in ITEMS:
            rate(presentation, item, 1)
    (row,) = rater_rows(study)
    assert row.session == 2
    assert row.session_opens == desk_queries.next_presentation(rater)[1]


def test_signed_sessions_and_disturbed_videos_are_counted_and_adjudicators_are_not():
    study = opened_study(2)
    rater, session = study.raters.get(), study.presentations.filter(session=0)
    rate_all(study)
    hidden, fine = session[:2]
    look = {"sequence": 1, "length": 4000, "played": [[0, 4000, 100]], "window_width": 1280, "window_height": 720}
    keep_viewing(presentation=hidden, look=uuid.uuid4(), hidden=900, **look)
    keep_viewing(presentation=hidden, look=uuid.uuid4(), stalled=5000, **look)
    keep_viewing(presentation=fine, look=uuid.uuid4(), stalled=100, **look)
    sign_session(study=study, session=0, rater=rater, second_factor=False)
    sign_session(study=study, session=1, rater=rater, second_factor=False)
    SessionSignature.objects.filter(session=1).update(
        voided_at=timezone.now(), voided_by=rater, void_reason="one to change"
    )
    new_place(study=study, rater=make_raters(1)[0], rates=False)
    (row,) = rater_rows(study)
    assert (row.n_signed, row.n_troubled) == (1, 1)


def test_videos_that_are_answered_faster_than_they_last_are_counted():
    study = opened_study(2)
    now = timezone.now()
    shown = study.presentations.order_by("position")
    for seconds, presentation in zip((3, 5), shown, strict=False):  # they last 4 s
        started = now - timedelta(seconds=seconds)
        Presentation.objects.filter(pk=presentation.pk).update(started_at=started, completed_at=now)
    assert rater_rows(study)[0].n_hurried == 1


def test_the_debrief_is_counted_and_a_finished_rater_is_in_no_session():
    study = opened_study(2, protocol=Protocol(**{**READY.to_json(), "debrief_videos": 3}))
    rate_all(study)
    place = study.places.get()
    debrief_services.begin_debrief(place=place)
    debrief_services.give_guess(showing=place.debrief.first(), taken_for="unknown", confidence=None)
    (row,) = rater_rows(study)
    assert (row.session, row.session_opens, row.n_debriefed, row.n_debrief) == (None, None, 1, 3)


def test_the_page_tells_no_score_and_no_version_and_costs_the_same_for_three_raters(sign_in):
    coordinator, counts = UserFactory(role=Role.COORDINATOR), []
    client = sign_in(coordinator)
    for n_raters in (1, 3):
        study = opened_study(2, n_raters=n_raters, coordinator=coordinator, name=f"Study {n_raters}")
        rate_all(study)
        with CaptureQueriesContext(connection) as asked:
            page = client.get(f"/studies/{study.pk}/monitor/").content.decode()
        counts.append(len(asked))
        assert "4 of 4" in page
        assert not [word for word in ("original", "mask", "PD-", "recording") if word in page.lower()]
    assert counts[0] == counts[1]


def test_one_query_is_quick_for_many_raters_and_presentations(django_assert_num_queries, sign_in):
    """MONITOR_SIZE=110x300 is the size that has to answer within half a second."""
    n_raters, n_each = map(int, SIZE.split("x"))
    study = opened_study(1)
    model = study.presentations.first()
    places = [StudyRater(study=study, rater=rater, number=number)
              for number, rater in enumerate(make_raters(n_raters - 1), start=2)]  # fmt: skip
    StudyRater.objects.bulk_create(places)
    known = {"study": study, "recording": model.recording, "storage_name": "x", "shown_bytes": 1}
    now = timezone.now()
    shown = Presentation.objects.bulk_create(
        Presentation(**known, rater_id=place.rater_id, position=n, session=n % 2, started_at=now, completed_at=now)
        for place in places
        for n in range(1, n_each + 1)
    )
    for begin in range(0, len(shown), n_each):
        Rating.objects.bulk_create(
            Rating(presentation=one, item=item, score=1, client_id=uuid.UUID(int=one.pk.int ^ bit))
            for one in shown[begin : begin + n_each]
            for bit, item in enumerate(ITEMS)
        )
        analyse()
    with django_assert_num_queries(1):
        rows = rater_rows(study)
    assert sum(row.n_completed for row in rows) == len(shown)
    client, address = sign_in(Role.ADMINISTRATOR), f"/studies/{study.pk}/monitor/"
    query, page = _seconds(lambda: rater_rows(study)), _seconds(lambda: client.get(address))
    print(f"{n_raters} raters x {n_each} presentations: query {1000 * query:.0f} ms, page {1000 * page:.0f} ms")
    assert page < 0.5


def _seconds(work: Callable[[], object]) -> float:
    """The least of five: the machine has other work too."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took)
