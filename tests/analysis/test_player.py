"""A rendition beside its original: who sees which video, what is audited, and what the page says where curves lack."""

import json
import re

import pytest
from django.urls import reverse

from accounts.models import Role
from analysis import series_services
from analysis.algorithms.fidelity.series import series
from analysis.algorithms.fidelity.series_format import packed
from analysis.models import Series
from audit.models import Event
from cohorts import storage, withdrawal
from cohorts.models import Scope
from deid.models import Rendition
from ratings.member_services import add_member
from tests.analysis.dashboards import measured, pair, with_series
from tests.factories import ParticipantFactory, RecordingFactory, UserFactory, consent
from tests.links import link, watch
from tests.ratings.build import opened_study

pytestmark = pytest.mark.django_db

OVER_TIME = {"lids", "lip", "spectrograms", "body", "identity"}
PLACED = {"pca", "tsne", "roc"}


@pytest.fixture
def rendition():
    return measured(RecordingFactory())


@pytest.fixture
def client(rendition, sign_in):
    client = sign_in(Role.COORDINATOR)
    rendition.recording.cohort.coordinators.add(client.user)
    return client


def page(client, rendition, query=""):
    return client.get(reverse("analysis:player", args=[rendition.pk]) + query)


def figures(answer):
    found = re.findall(r'<script id="(\w+)" type="application/json">(.*?)</script>', answer.content.decode(), re.S)
    return {name: json.loads(data) for name, data in found}


def test_curves_run_on_the_clock_of_the_video(client, rendition):
    with_series(rendition)
    found = figures(page(client, rendition))
    assert set(found) == OVER_TIME | PLACED
    assert {name for name, figure in found.items() if "clock" in figure["layout"].get("meta", {})} == OVER_TIME
    assert found["spectrograms"]["layout"]["meta"]["clock"] == ["x", "x2"]
    lids = found["lids"]["data"]
    assert [len(one["x"]) for one in lids[:1]] == [300]
    assert [one["name"] for one in lids if "blinks" in one["name"]]


def test_without_series_the_page_says_what_to_do_and_plays_the_video(client, rendition):
    text = page(client, rendition).content.decode()
    assert "Nothing has been measured over time yet" in text
    assert 'id="rendition"' in text
    with_series(rendition, packed({"version": 99}))
    assert "cannot be read: measure the rendition again" in page(client, rendition).content.decode()


def test_versions_of_unequal_length_are_played_by_time_and_said_to_be_so(client, rendition):
    Rendition.objects.filter(pk=rendition.pk).update(n_frames=99)
    text = page(client, rendition).content.decode()
    assert "The original has 100 frames, the rendition 99" in text


def test_the_original_is_shown_when_asked_for_and_each_look_is_audited(client, rendition):
    assert 'id="original"' not in page(client, rendition).content.decode()
    text = page(client, rendition, "?watch=1&t=3.5").content.decode()
    assert 'id="original"' in text
    assert 'data-start="3.5"' in text
    for route, verb in (("cohorts:recording_video", "original.viewed"), ("analysis:player_video", "rendition.viewed")):
        pk = rendition.recording_id if verb == "original.viewed" else rendition.pk
        address = re.search(rf"{reverse(route, args=[pk])}\?look=\w+", text)[0]
        assert client.get(address).status_code == 200
        assert Event.objects.filter(verb=verb, actor=client.user).count() == 1
    assert client.get(reverse("analysis:player_video", args=[rendition.pk])).status_code == 403  # no link


def test_an_investigator_sees_released_renditions_and_no_original(sign_in):
    study = opened_study(1)
    person = ParticipantFactory(cohort=study.cohort, code="SECRET-7")
    rendition = measured(RecordingFactory(participant=person))
    with_series(rendition)
    client, stranger = sign_in(Role.INVESTIGATOR), sign_in(Role.INVESTIGATOR)
    add_member(study=study, user=client.user, actor=UserFactory())
    answer = page(client, rendition, "?watch=1")
    assert "SECRET-7" not in answer.content.decode()
    assert 'id="original"' not in answer.content.decode()
    assert set(figures(answer)) == OVER_TIME | PLACED
    video = reverse("analysis:player_video", args=[rendition.pk])
    assert watch(client, video).status_code == 200
    original = reverse("cohorts:recording_video", args=[rendition.recording_id])
    assert client.get(link(client, original)).status_code == 403
    assert page(stranger, rendition).status_code == watch(stranger, video).status_code == 404
    consent(person, Scope.RESEARCH, given=False)
    assert page(client, rendition).status_code == watch(client, video).status_code == 404


def test_who_rates_sees_neither(sign_in, rendition):
    for role in (Role.RATER, Role.JUDGE):
        client = sign_in(role)
        assert page(client, rendition).status_code == 403
        assert watch(client, reverse("analysis:player_video", args=[rendition.pk])).status_code == 403


@pytest.mark.parametrize("query", ["?t=soon", "?t=-1", "?t=nan", "?recording=1"])
def test_an_address_that_asks_for_something_else_is_refused(client, rendition, query):
    assert page(client, rendition, query).status_code == 400


@pytest.mark.usefixtures("encrypted")
def test_series_are_sealed_replaced_and_found_by_a_withdrawal(client, rendition, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = series_services.store_series(rendition=rendition, pair=pair()).storage_name
    kept = series_services.store_series(rendition=rendition, pair=pair())
    assert Series.objects.count() == 1
    assert series_services.read_series(kept) == series(pair())
    with storage.default_storage.open(kept.storage_name) as file:
        assert not file.read(2).startswith(b"\x1f\x8b")  # no gzip to be read by anybody
    assert first != kept.storage_name
    participant = rendition.recording.participant
    receipt = withdrawal.withdraw_participant(participant=participant, code=participant.code, actor=client.user)
    assert {"series", "recording", "rendition"} <= {one["kind"] for one in receipt.destroyed}
    with pytest.raises(FileNotFoundError):
        series_services.read_series(kept)
    text = page(client, rendition).content.decode()
    assert "destroyed after a withdrawal" in text
    assert figures(page(client, rendition)) == {}
    assert watch(client, reverse("analysis:player_video", args=[rendition.pk])).status_code == 404
