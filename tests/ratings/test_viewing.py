"""Evidence of viewing: what browsers tell, what the server sent, and the equipment of a session."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.signals import request_finished
from django.db import DatabaseError, IntegrityError, close_old_connections, connection, transaction
from django.http import StreamingHttpResponse
from django.utils import timezone

from accounts.models import Role
from ratings import desk_queries, protocol_services, services, viewing_queries
from ratings.algorithms.coverage import covered
from ratings.models import EquipmentCheck, Presentation, VideoSent, Viewing
from ratings.range_log import counted
from ratings.viewing_models import DAY, MOST_PARTS
from tests.links import body, watch
from tests.ratings.build import READY, draft_study, make_raters, opened_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return opened_study(2)


@pytest.fixture
def client(study, sign_in):
    return sign_in(study.raters.get())


@pytest.fixture
def presentation(study):
    return study.presentations.get(position=1)


def batch(**told):
    whole = {"client_id": str(uuid.uuid4()), "sequence": 1, "length": 4000, "played": [[0, 4000, 100]], "plays": 1}
    return {**whole, "window_width": 1280, "window_height": 800, **told}


def tell(client, presentation, **told):
    address = f"/api/presentations/{presentation.pk}/viewing/"
    return client.post(address, json.dumps(batch(**told)), content_type="application/json")


def seen(presentation):
    return viewing_queries.of_presentation(presentation)


def test_a_batch_that_comes_twice_is_one_row(client, presentation):
    look = str(uuid.uuid4())
    answers = [tell(client, presentation, client_id=look, sequence=n).status_code for n in (1, 1, 2)]
    assert answers == [201, 200, 201]
    assert Viewing.objects.count() == 2


def test_a_look_belongs_to_one_presentation(client, study, presentation):
    look = str(uuid.uuid4())
    tell(client, presentation, client_id=look)
    refused = tell(client, study.presentations.get(position=2), client_id=look)
    assert (refused.status_code, refused.json()["code"]) == (409, "client_id_reused")
    assert Viewing.objects.count() == 1


HOSTILE = [
    {"sequence": 0}, {"sequence": "1"}, {"length": -1}, {"length": DAY + 1}, {"length": 10**400}, {"length": 1.5},
    {"length": True}, {"played": [[0, 1]]}, {"played": [[1, 1, 100]]}, {"played": [[0, 1, 0]]}, {"played": "all"},
    {"played": [[0, DAY + 1, 100]]}, {"played": [[0, 1, 100]] * (MOST_PARTS + 1)}, {"hidden": None},
    {"failed": "no"}, {"window_width": 10**6}, {"client_id": "me"}, {"stalls": [1]},
]  # fmt: skip


@pytest.mark.parametrize("told", HOSTILE, ids=lambda told: str(told)[:40])
def test_hostile_numbers_are_refused(client, presentation, told):
    assert tell(client, presentation, **told).status_code == 400
    assert not Viewing.objects.exists()


@pytest.mark.parametrize(
    ("column", "value"),
    [("played", "{{0,-1,100}}"), ("played", f"{{{{0,{DAY + 1},100}}}}"), ("hidden", -1), ("frames", 10**9)],
)
def test_the_database_refuses_what_the_api_does(client, presentation, column, value):
    told = {"look": uuid.uuid4(), "sequence": 1, "length": 1, "played": "{}", "plays": 0, "loops": 0, "hidden": 0,
            "stalls": 0, "stalled": 0, "frames": 0, "dropped": 0, "silent": 0, "full_screen": 0, "window_width": 1,
            "window_height": 1, "failed": False, "presentation_id": presentation.pk, column: value}  # fmt: skip
    places = ", ".join(["%s"] * len(told))
    with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        cursor.execute(
            f"INSERT INTO ratings_viewing ({', '.join(told)}, told_at) VALUES ({places}, now())",  # noqa: S608
            list(told.values()),
        )


@pytest.mark.parametrize("model", [Viewing, VideoSent, EquipmentCheck])
def test_evidence_is_only_added(client, study, presentation, model):
    tell(client, presentation)
    body(watch(client, f"/rate/{presentation.pk}/video"))
    EquipmentCheck.objects.create(study=study, rater=presentation.rater, session=0, **CHECKED)
    row = model.objects.get()
    for change in (row.delete, row.save):
        with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
            change()


def test_parts_that_overlap_count_once(client, presentation):
    tell(client, presentation, played=[[0, 1000, 100], [500, 2000, 50]], plays=0)
    told = seen(presentation)
    assert told.share == 0.5
    assert told.seconds == 1 + 3
    assert told.slowest == 0.5
    assert "not_seen_whole" in told.flags


def test_parts_beyond_the_whole_and_of_nothing_cover_nothing():
    assert covered([(-1, 0.5), (2, 9)], 4) == 0.625
    assert covered([(0, 1)], 0) == 0
    assert covered([], 4) == 0


def test_what_kept_a_rater_from_seeing_is_flagged(client, presentation):
    body(watch(client, f"/rate/{presentation.pk}/video"))
    tell(client, presentation)
    assert seen(presentation).flags == ()
    look = str(uuid.uuid4())
    tell(client, presentation, client_id=look, hidden=10, silent=1, stalled=2500, stalls=1, failed=True)
    assert seen(presentation).flags == ("hidden", "stalled", "muted", "would_not_play")


def test_the_witness_counts_the_bytes_that_left(client, presentation, settings):
    """By ranges, as players ask; behind nginx too, which is handed nothing of what raters see."""
    settings.MEDIA_ACCEL_PREFIX = "/protected/"
    size = presentation.shown_bytes
    for asked in ("bytes=0-99", "bytes=50-149"):
        assert len(body(watch(client, f"/rate/{presentation.pk}/video", HTTP_RANGE=asked))) == 100
    assert list(VideoSent.objects.values_list("first_byte", "n_bytes")) == [(0, 100), (50, 100)]
    assert seen(presentation).sent == 150 / size
    tell(client, presentation)
    assert "witness_disagrees" in seen(presentation).flags
    body(watch(client, f"/rate/{presentation.pk}/video"))
    assert (seen(presentation).sent, seen(presentation).flags) == (1, ())


def test_an_answer_that_is_broken_off_counts_what_was_taken(presentation):
    response = counted(StreamingHttpResponse(bytes(100) for _ in range(9)), presentation)
    pieces = iter(response)
    next(pieces), next(pieces), next(pieces)
    request_finished.disconnect(close_old_connections)  # the test goes on with this connection
    response.close()
    request_finished.connect(close_old_connections)
    assert VideoSent.objects.get().n_bytes == 200, "the third piece was on its way when the reader went"


def test_evidence_of_a_study_costs_the_same_for_one_and_for_many(client, study, django_assert_num_queries):
    for presentation in study.presentations.all():
        with django_assert_num_queries(3):
            viewing_queries.of_study(study)
        tell(client, presentation)
    assert len(viewing_queries.of_study(study)) == study.presentations.count()


def test_evidence_after_the_closing_is_refused(client, study, presentation):
    services.close_study(study=study, actor=None)
    assert tell(client, presentation).status_code == 409


def test_another_raters_presentation_takes_no_evidence(study, presentation, sign_in):
    assert tell(sign_in(make_raters(1)[0]), presentation).status_code == 404


# --- equipment
CHECKED = {"sound": "not_asked", "dark_steps": 5, "light_steps": 4, "plays_video": True, "window_width": 1280,
           "window_height": 800}  # fmt: skip


@pytest.fixture
def checked(sign_in):
    """A study that asks for the check, and its rater's client."""
    study = opened_study(2, protocol=replace(READY, equipment_check=True))
    return study, sign_in(study.raters.get())


def page_of(client):
    return client.get("/rate/next/").url


def test_a_session_begins_with_the_check_and_asks_it_once(checked):
    study, client = checked
    asked = page_of(client)
    assert asked.endswith("/equipment/")
    first = study.presentations.get(position=1)
    assert client.get(f"/rate/{first.pk}/").url == asked, "no way round it"
    assert client.post(asked, CHECKED | {"sound": "heard"}).url == "/rate/next/"
    assert page_of(client) == f"/rate/{first.pk}/"
    assert client.get(asked).url == "/rate/next/"
    client.post(asked, CHECKED | {"sound": "heard", "dark_steps": 0, "problem": "another one"})
    assert EquipmentCheck.objects.get().dark_steps == 5, "the first one stays"


@pytest.mark.parametrize(
    "wrong", [{"dark_steps": 3}, {"light_steps": 0}, {"plays_video": ""}, {"window_width": 320}, {"sound": "not_heard"},
              {"sound": "not_asked"}],
)  # fmt: skip
def test_what_is_wrong_can_be_passed_with_a_stated_problem_only(sign_in, wrong):
    study = opened_study(1, protocol=replace(READY, equipment_check=True, with_sound=("facial_expression", "speech")))
    client = sign_in(study.raters.get())
    asked = page_of(client)
    told = CHECKED | {"sound": "heard"} | wrong
    assert client.post(asked, told).status_code == 422
    assert not EquipmentCheck.objects.exists()
    client.post(asked, told | {"problem": "an old screen"})
    check = EquipmentCheck.objects.get()
    assert (check.passed, check.problem) == (False, "an old screen")
    assert list(viewing_queries.equipment(study)) == [check]


def test_the_database_knows_no_check_that_neither_passed_nor_has_a_problem(study, presentation):
    with pytest.raises(IntegrityError), transaction.atomic():
        EquipmentCheck.objects.create(
            study=study, rater=presentation.rater, session=0, **CHECKED | {"plays_video": False}
        )


# --- the protocol
def test_a_protocol_that_says_nothing_of_viewing_is_frozen_as_before():
    assert "viewing" not in opened_study(1).versions.get().content


def test_what_a_protocol_says_of_viewing_is_frozen_and_shown(sign_in):
    chosen = {"break_minutes": 30, "viewing_tools": ("loop", "speed", "frames"), "scale_percent": 150}
    study = opened_study(1, protocol=replace(READY, **chosen))
    frozen = json.loads(study.versions.get().content)["viewing"]
    assert frozen == chosen | {"viewing_tools": ["loop", "speed", "frames"]}
    page = sign_in(study.raters.get()).get("/rate/next/", follow=True).content.decode()
    assert [f'data-tool="{tool}"' in page for tool in ("loop", "slower", "forth")] == [True] * 3
    assert 'data-scale="150"' in page


def test_tools_that_the_protocol_does_not_enable_are_not_there(client):
    page = client.get("/rate/next/", follow=True).content.decode()
    assert "data-tool" not in page
    assert "data-scale" not in page


def test_a_tool_that_does_not_exist_is_refused():
    with pytest.raises(Exception, match="no such tool"):
        protocol_services.change_protocol(study=draft_study(1), actor=None, viewing_tools=["zoom"])


def completed(study, *minutes_ago):
    now = timezone.now()
    for presentation, ago in zip(study.presentations.order_by("position"), minutes_ago, strict=False):
        end = now - timedelta(minutes=ago)
        Presentation.objects.filter(pk=presentation.pk).update(started_at=end - timedelta(minutes=2), completed_at=end)


@pytest.mark.parametrize(
    ("minutes_ago", "due"),
    [((31, 28, 25, 22, 4, 0), False), ((12, 9, 6, 3, 0), True), ((13, 11, 9, 6, 3, 0), False), ((9, 6, 3, 0), False)],
    ids=["a pause lies between", "ten minutes are over", "the break was asked for before", "not yet"],
)
def test_a_break_is_due_when_minutes_without_a_pause_are_over(minutes_ago, due):
    study = opened_study(4, protocol=replace(READY, break_minutes=10))
    completed(study, *minutes_ago)
    assert desk_queries.break_is_due(study.raters.get()) is due


def test_the_time_left_is_told_at_the_raters_own_pace(sign_in):
    study = opened_study(4)
    completed(study, 20, 10)
    assert desk_queries.minutes_left(study.presentations.get(position=8)) is None
    completed(study, 20, 10, 5)
    assert desk_queries.minutes_left(study.presentations.get(position=8)) == 2 * 4, "four wait in its session"
    page = sign_in(study.raters.get()).get("/rate/next/", follow=True).content.decode()
    assert "about 2 minutes left" in page


def test_only_the_user_is_told_who_is_signed_in(sign_in):
    client = sign_in(Role.JUDGE)
    assert client.get("/api/who/").json() == {"user": str(client.user.pk)}
