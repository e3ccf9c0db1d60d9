"""What reaches a rater tells neither the version nor the participant."""

import json
import mimetypes
import re
import uuid
from html import unescape
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse

from accounts.models import User
from audit.models import Event
from deid.algorithms.registry import METHODS, get_method
from deid.models import Rendition
from ratings import key, services
from ratings.models import Presentation, ShownFile
from tests.factories import UserFactory
from tests.links import body, watch
from tests.ratings.build import draft_study

pytestmark = pytest.mark.django_db
# Words that styles and scripts for all may hold: names of methods and of things that the platform has.
PUBLIC = {name.casefold() for method in METHODS.values() for name in (method.name, str(method.label))}
PUBLIC |= {"recording", "rendition", "original", "donor", "de-identified", "deidentified", "code-break"}


@pytest.fixture
def study():
    """Three recordings, the de-identified versions with donors."""
    study = draft_study(3, coordinator=UserFactory(username="the-coordinator"))
    for number, rendition in enumerate(Rendition.objects.exclude(method="original")):
        rendition.certificate |= {"method_report": {"donor": f"donor-{number + 1:02d}"}}
        rendition.save()
    return services.open_study(study=study, actor=None)


@pytest.fixture
def client(study, sign_in):
    return sign_in(study.raters.get())


ARM_WORDS = {"de-identified", "deidentified", "rendition", "recording", "original", "donor", "unblinded", "code-break"}


def forbidden(study):
    """Everything that names an arm, a person, a file, or who else takes part."""
    words = set(METHODS) | {str(get_method(name).label) for name in METHODS} | ARM_WORDS
    words |= {study.cohort.name, study.versions.get().sha256, *key.seeds_of(study.pk).values()}
    words |= {user.username for user in User.objects.exclude(role="rater")}
    for row in study.shown.select_related("rendition__recording__participant"):
        rendition = row.rendition
        words |= {
            rendition.recording.participant.code,
            rendition.worn_donor,
            rendition.storage_name,
            rendition.sha256,
            rendition.recording.storage_name,
            rendition.recording.sha256,
        }
    words |= set(study.presentations.values_list("storage_name", flat=True)) | {
        seal.sha256 for seal in study.seals.all()
    }
    return words - {""}


RANDOM = re.compile(r'((?:csrftoken|sessionid|look)=|csrfmiddlewaretoken" value=")[\w.:-]+')


def tells(text, word):
    """Short words come up by chance in random tokens, one in some hundred crawls; long ones never do."""
    looked_at = text if len(word) > 8 else RANDOM.sub(r"\1", text)
    return word.casefold() in looked_at.casefold()


def headers_of(response):
    return "\n".join(f"{name}: {value}" for name, value in response.headers.items())


def everything_of(client, address):
    """What an address gives: headers, and the whole body; media by byte ranges, as a player asks for them."""
    if address.startswith("/static/"):  # the web server's own part: as it lies on the disk
        path = Path(finders.find(address.removeprefix("/static/")))
        return HttpResponse(content_type=mimetypes.guess_type(path)[0]), path.read_text()
    response = client.get(address, follow=True)
    text = address + headers_of(response)
    if "/video?look=" not in address:
        return response, text + body(response).decode()
    size = int(response.headers["Content-Length"])
    for start in range(0, size, 1500):
        part = client.get(address, HTTP_RANGE=f"bytes={start}-{min(start + 1999, size - 1)}")
        text += headers_of(part) + body(part).decode("latin-1")
    return response, text


LINKS = re.compile(r'(?:href|src|data-next|data-save)="(/[^"]*)"')
MODULES = re.compile(r'from "\./(\w+\.js)"')
# The same for everybody, and named for what they style or do: they tell nothing of a presentation.
SHARED = ("/static/", "/account/", "/glossary")


def test_a_crawl_finds_nothing_that_tells(client, study):
    """Pages, scripts, styles, answers of the API, headers and media: none of the words."""
    words = forbidden(study)
    assert len(words) >= 40
    seen, waiting, kinds = set(), ["/", "/rate/", *(f"/rate/{p.pk}/" for p in study.presentations.all())], set()
    while waiting:
        address = unescape(waiting.pop())
        if address in seen or address.startswith("/account/logout"):
            continue
        seen.add(address)
        response, text = everything_of(client, address)
        kinds.add(response.headers["Content-Type"].partition(";")[0])
        waiting += LINKS.findall(text) if response.headers["Content-Type"].startswith("text/html") else []
        waiting += [f"/static/semblance/{name}" for name in MODULES.findall(text)]
        shared = address.startswith(SHARED)
        found = [word for word in words if tells(text, word) and not (shared and word.casefold() in PUBLIC)]
        assert not found, f"{address} tells {found}"
    assert len({address.partition("?")[0] for address in seen if "/video?look=" in address}) == 6
    assert kinds >= {"text/html", "video/mp4", "text/javascript", "text/css"}


def test_answers_of_the_api_tell_nothing(client, study):
    words = forbidden(study)
    for presentation in study.presentations.all():
        for item, score in (("facial_expression", 1), ("facial_expression", 9), ("nothing", 1)):
            told = {"item": item, "score": score, "client_id": str(uuid.uuid4())}
            address = f"/api/presentations/{presentation.pk}/ratings/"
            response = client.post(address, json.dumps(told), content_type="application/json")
            text = headers_of(response) + response.content.decode()
            assert not [word for word in words if tells(text, word)], text


def test_both_versions_of_a_recording_are_served_at_one_size_with_equal_headers(client, study):
    for recording in study.cohort.recordings.all():
        told = set()
        for presentation in Presentation.objects.filter(recording=recording):
            response = watch(client, f"/rate/{presentation.pk}/video")
            assert len(b"".join(response.streaming_content)) == int(response.headers["Content-Length"])
            told.add(headers_of(response))
        assert len(told) == 1


def test_a_rater_gets_what_the_last_encode_made_and_nothing_else(client, study, media):
    for presentation in study.presentations.all():
        body = b"".join(watch(client, f"/rate/{presentation.pk}/video").streaming_content)
        shown = ShownFile.objects.get(study=study, rendition=key.versions_of(study.pk)[presentation.pk].rendition)
        assert body == (media / shown.storage_name).read_bytes()
        assert presentation.storage_name != shown.storage_name, "its name would tell the version"


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
