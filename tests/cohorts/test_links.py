"""Media are sent by a link of the own session only: every other way gives not one byte of them."""

import itertools
import re
import time
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from audit.models import Event
from cohorts.links import sign
from deid.models import Rendition
from tests.factories import (
    PASSWORD,
    CohortFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    UserFactory,
)
from tests.links import body, link, watch
from tests.ratings.build import opened_study

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[False, True], ids=["plain", "encrypted"], autouse=True)
def at_rest(request) -> None:
    if request.param:
        request.getfixturevalue("encrypted")


@pytest.fixture
def client(sign_in) -> Client:
    return sign_in(Role.COORDINATOR)


@pytest.fixture
def recording(client):
    cohort = CohortFactory(coordinators=[client.user])
    return RecordingFactory(participant=ParticipantFactory(cohort=cohort))


@pytest.fixture
def path(recording) -> str:
    return reverse("cohorts:recording_video", args=[recording.pk])


RANGES = [
    "bytes=0-",
    "bytes=0-899",
    "bytes=-1",
    "bytes=899-",
    "bytes=0-99999999999",
    "bytes=5-1",
    "bytes=0-1,5-9",
    "x=1",
]


def gives_nothing(response, content: bytes) -> bool:
    """No part of the video, not even eight bytes of it, in an answer that is an error or leads away."""
    said = body(response)
    parts = {content[at : at + 8] for at in range(0, len(content) - 8)}
    return response.status_code in (302, 400, 403, 404, 405, 416) and not any(part in said for part in parts)


@pytest.fixture
def content(client, path: str) -> bytes:
    response = watch(client, path)
    assert response.status_code == 200
    return body(response)


def refused(client: Client, address: str, content: bytes) -> None:
    assert gives_nothing(client.get(address), content), address
    for header in RANGES:
        assert gives_nothing(client.get(address, HTTP_RANGE=header), content), (address, header)


def test_a_page_gives_a_link_that_works(client, recording, content: bytes):
    page = client.get(f"/recordings/{recording.pk}/?watch").content.decode()
    address = re.findall(r'<video[^>]* src="([^"]+)"', page)[0]
    assert body(client.get(address)) == content
    assert body(client.get(address, HTTP_RANGE="bytes=10-19")) == content[10:20]


def test_a_link_is_nothing_after_its_expiry(client, path: str, content: bytes, settings, monkeypatch):
    settings.MEDIA_LINK_SECONDS = 60
    address = link(client, path)
    assert client.get(address).status_code == 200
    later = time.time() + 61
    monkeypatch.setattr("cohorts.links.time.time", lambda: later)
    refused(client, address, content)


def test_a_link_is_nothing_in_another_session_of_the_same_user(client, path: str, content: bytes):
    other = Client()
    assert other.login(username=client.user.username, password=PASSWORD)
    refused(other, link(client, path), content)
    assert body(client.get(link(client, path))) == content


def test_a_link_is_nothing_after_signing_out_and_in_again(client, path: str, content: bytes):
    address = link(client, path)
    client.logout()
    refused(client, address, content)
    assert client.login(username=client.user.username, password=PASSWORD)
    refused(client, address, content)


@pytest.mark.parametrize("role", list(Role))
def test_a_link_is_nothing_for_another_user(client, path: str, recording, content: bytes, sign_in, role: Role):
    other = sign_in(role)
    refused(other, link(client, path), content)
    if role == Role.COORDINATOR:  # even one of the same cohort needs a link of their own
        colleague = UserFactory(role=role)
        recording.cohort.coordinators.add(colleague)
        refused(sign_in(colleague), link(client, path), content)


def test_a_link_is_nothing_without_a_session(client, path: str, content: bytes):
    refused(Client(), link(client, path), content)


def test_a_link_of_one_object_opens_no_other(client, recording, path: str, content: bytes):
    other = RecordingFactory(participant=recording.participant)
    rendition = RenditionFactory(recording=recording, state=Rendition.State.IN_REVIEW)
    token = link(client, path).partition("?")[2]
    for address in (f"/recordings/{other.pk}/video", f"/renditions/{rendition.pk}/video"):
        answer = client.get(f"{address}?{token}")
        assert answer.status_code == 403
        assert not answer.streaming


def test_an_edited_link_is_nothing(client, path: str, content: bytes):
    good = sign(path, session=client.session.session_key, user=client.user.pk)
    later = f"{int(good[:8], 16) + 100000:08x}"
    edited = [
        "", "x", good[:-1], good + "0", later + good[8:], good[:8] + "0" * 16 + good[24:], good[:24] + "0" * 64,
        good.upper(), good[::-1], f"{good}%00", f" {good}", "0" * 88,
    ]  # fmt: skip
    edited += [good[:at] + ("0" if good[at] != "0" else "1") + good[at + 1 :] for at in range(0, 88, 8)]
    for token in edited:
        refused(client, f"{path}?look={token}", content)
    refused(client, path, content)
    refused(client, f"{path}?LOOK={good}", content)


def traversals(name: str) -> list[str]:
    """Ways to spell a path to the stored file, or to any file, in an address of ours."""
    ups = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "%252e%252e%252f", "..%c0%af", "....//", "..;/"]
    ends = [name, "etc/passwd", f"media/{name}", f"var/media/{name}"]
    starts = ["/recordings/", "/recordings/1/", "/recordings/1/video/", "/static/", "/"]
    return [start + up * n + end for start, up, end, n in itertools.product(starts, ups, ends, (1, 6))]


def test_no_spelling_of_a_path_reaches_a_file(client, recording, path: str, content: bytes):
    query = link(client, path).partition("?")[2]
    addresses = traversals(recording.storage_name)
    assert len(set(addresses)) >= 200
    for address in addresses:
        response = client.get(f"{address}?{query}")
        assert gives_nothing(response, content), address
        assert b"root:" not in body(response), address
    assert gives_nothing(client.get(f"/{recording.storage_name}?{query}"), content)


def test_ranges_beyond_the_file_give_nothing_and_within_only_what_was_asked(client, path: str, content: bytes):
    for header in ("bytes=900-", "bytes=900-1000", "bytes=99999999999999-", "bytes=5-1", "bytes=-0"):
        response = watch(client, path, HTTP_RANGE=header)
        assert (response.status_code, body(response)) == (416, b"")
    for first, last in ((0, 0), (1, 898), (899, 99999)):
        answer = watch(client, path, HTTP_RANGE=f"bytes={first}-{last}")
        assert body(answer) == content[first : last + 1]


# --- the audit


def test_one_look_is_one_event_however_many_ranges_a_player_asks_for(client, recording, path: str):
    address = link(client, path)
    for start in range(0, 900, 100):
        body(client.get(address, HTTP_RANGE=f"bytes={start}-{start + 99}"))
    event = Event.objects.get(verb="original.viewed")
    assert (event.actor, event.target_id) == (client.user, str(recording.pk))
    body(watch(client, path))
    assert Event.objects.filter(verb="original.viewed").count() == 2, "a new link is a new look"


def test_a_refused_look_is_no_look(client, path: str):
    client.get(path)
    client.get(f"{path}?look=x")
    assert not Event.objects.filter(verb="original.viewed").exists()


def test_a_raters_looks_are_recorded_too(sign_in):
    study = opened_study(2)
    rater = sign_in(study.raters.get())
    presentation = study.presentations.first()
    for _ in range(3):
        page = rater.get(f"/rate/{presentation.pk}/").content.decode()
        body(rater.get(re.findall(r'<video[^>]* src="([^"]+)"', page)[0], HTTP_RANGE="bytes=0-9"))
    assert Event.objects.filter(verb="presentation.viewed", target_id=str(presentation.pk)).count() == 3


def test_links_to_both_versions_look_alike(sign_in):
    study = opened_study(3)
    rater = sign_in(study.raters.get())
    shapes = set()
    for presentation in study.presentations.all():
        page = rater.get(f"/rate/{presentation.pk}/").content.decode()
        address = re.findall(r'<video[^>]* src="([^"]+)"', page)[0]
        shapes.add(re.sub(r"[0-9a-f]", "h", address))
    assert len(shapes) == 1


# --- behind nginx


def test_behind_nginx_a_plain_file_is_handed_over(client, path: str, recording, settings, media: Path):
    settings.MEDIA_ENCRYPTION_KEY = ""
    settings.MEDIA_ACCEL_PREFIX = "/protected-media/"
    plain = RecordingFactory(participant=recording.participant)
    response = watch(client, reverse("cohorts:recording_video", args=[plain.pk]))
    assert response["X-Accel-Redirect"] == f"/protected-media/{plain.storage_name}"
    assert response["Cache-Control"] == "private, no-store"
    assert body(response) == b""


def test_behind_nginx_an_encrypted_or_padded_file_is_sent_from_here(
    client, path: str, content, settings, request, sign_in
):
    settings.MEDIA_ACCEL_PREFIX = "/protected-media/"
    response = watch(client, path)
    assert ("X-Accel-Redirect" in response) is not bool(settings.MEDIA_ENCRYPTION_KEY)
    study = opened_study(1)
    rater = sign_in(study.raters.get())
    for presentation in study.presentations.all():
        assert "X-Accel-Redirect" not in watch(rater, f"/rate/{presentation.pk}/video")


def test_nginx_is_told_of_no_file_without_a_link(client, path: str, settings):
    settings.MEDIA_ACCEL_PREFIX = "/protected-media/"
    assert "X-Accel-Redirect" not in client.get(path)
