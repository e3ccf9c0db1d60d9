"""What reaches a rater tells neither the version nor the participant."""

import re

import pytest

from audit.models import Event
from deid.algorithms.registry import METHODS
from ratings.models import Presentation
from tests.links import watch
from tests.ratings.build import opened_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return opened_study(3)


@pytest.fixture
def client(study, sign_in):
    return sign_in(study.raters.get())


def forbidden(study):
    """Everything that names an arm, a person or a file."""
    words = set(METHODS) | {"de-identified", "deidentified", "rendition", "recording", study.cohort.name}
    for presentation in study.presentations.select_related("rendition__recording__participant"):
        rendition = presentation.rendition
        words |= {
            rendition.recording.participant.code,
            rendition.storage_name,
            rendition.sha256,
            rendition.recording.storage_name,
            rendition.recording.sha256,
        }
    return words


RANDOM = re.compile(r'((?:csrftoken|sessionid|look)=|csrfmiddlewaretoken" value=")[\w.:-]+')


def tells(text, word):
    """Short words come up by chance in random tokens, one in some hundred crawls; long ones never do."""
    looked_at = text if len(word) > 8 else RANDOM.sub(r"\1", text)
    return word.casefold() in looked_at.casefold()


def headers_of(response):
    return "\n".join(f"{name}: {value}" for name, value in response.headers.items())


def test_a_crawl_finds_nothing_that_tells(client, study):
    seen, waiting = set(), ["/rate/", *(f"/rate/{p.pk}/" for p in study.presentations.all())]
    while waiting:
        address = waiting.pop()
        if address in seen or address.startswith("/static/"):
            continue
        seen.add(address)
        response = client.get(address, follow=True)
        text = address + headers_of(response)
        if response.headers["Content-Type"].startswith("text/html"):
            page = response.content.decode()
            text += page
            waiting += re.findall(r'(?:href|src|data-next)="(/rate/[^"]*)"', page)
        found = [word for word in forbidden(study) if tells(text, word)]
        assert not found, f"{address} tells {found}"
    assert len({address.partition("?")[0] for address in seen if "/video?look=" in address}) == 6


def test_both_versions_of_a_recording_are_served_at_one_size_with_equal_headers(client, study):
    for recording in study.cohort.recordings.all():
        told = set()
        for presentation in Presentation.objects.filter(rendition__recording=recording):
            response = watch(client, f"/rate/{presentation.pk}/video")
            assert len(b"".join(response.streaming_content)) == int(response.headers["Content-Length"])
            told.add(headers_of(response))
        assert len(told) == 1


def test_the_file_itself_comes_first_and_a_box_that_players_skip_fills_it_up(client, study, media):
    presentation = study.presentations.select_related("rendition").first()
    body = b"".join(watch(client, f"/rate/{presentation.pk}/video").streaming_content)
    stored = (media / presentation.rendition.storage_name).read_bytes()
    box = body[len(stored) :]
    assert body.startswith(stored)
    assert (int.from_bytes(box[:4], "big"), box[4:8]) == (len(box), b"free")


def test_a_player_may_ask_for_a_part(client, study):
    presentation = study.presentations.first()
    response = watch(client, f"/rate/{presentation.pk}/video", HTTP_RANGE="bytes=10-19")
    assert response.status_code == 206
    assert response.headers["Content-Range"] == f"bytes 10-19/{presentation.shown_bytes}"
    assert len(b"".join(response.streaming_content)) == 10


def test_the_video_has_no_name_and_no_trace_of_its_file(client, study):
    headers = watch(client, f"/rate/{study.presentations.first().pk}/video").headers
    assert headers["Content-Type"] == "video/mp4"
    assert headers["Cache-Control"] == "private, no-store"
    assert not {"Content-Disposition", "Last-Modified", "ETag"} & set(headers)


def test_ids_of_presentations_follow_no_order(study):
    ids = list(study.presentations.order_by("position").values_list("pk", flat=True))
    assert all(pk.version == 4 for pk in ids)
    assert ids != sorted(ids)


def test_what_a_rater_saw_is_in_the_log(client, study):
    presentation = study.presentations.first()
    client.get(f"/rate/{presentation.pk}/")
    event = Event.objects.get(verb="presentation.started")
    assert (event.target_id, event.actor) == (str(presentation.pk), client.user)
