"""Pages of fidelity: who sees them, what they show, and that they cost the same for one and for many."""

import pytest
from django.urls import reverse

from accounts.models import Role
from analysis.fidelity_columns import COLUMNS
from analysis.models import Measurement
from deid.models import Rendition
from ratings.member_services import add_member
from tests.factories import OriginalFactory, ParticipantFactory, RecordingFactory, RenditionFactory, UserFactory
from tests.ratings.build import opened_study

pytestmark = pytest.mark.django_db

REPORT = {
    "metrics": {
        "dynamics": {"r_cca": 0.8123},
        "null_shift": {"mean": {"r_cca": 0.21}},
        "rank": {"unavailable": "a gallery needs 20 strangers, got 3."},
        "leak_heads": {"n_equal": 0, "n_pixels": 5120},
    },
    "ceiling": {"dynamics": {"r_cca": 0.9456}},
    "between": {"r_cca": 0.82},
    "recogniser": {"judges": "dlib chooses the donor."},
    "models": "tracks 1", "n_strangers": 3,
}  # fmt: skip


def measured(state=Rendition.State.RELEASED, recording=None, **more):
    rendition = RenditionFactory(state=state, recording=recording or RecordingFactory())
    Measurement.objects.create(**{"rendition": rendition, "state": "done", "report": REPORT, **more})
    return rendition


def own(sign_in, rendition):
    client = sign_in(Role.COORDINATOR)
    rendition.recording.cohort.coordinators.add(client.user)
    return client


def page(client, rendition):
    return client.get(reverse("analysis:fidelity", kwargs={"pk": rendition.pk}))


def test_numbers_stand_beside_their_ceiling_and_reasons_in_place_of_what_is_not_known(sign_in):
    rendition = measured()
    text = page(own(sign_in, rendition), rendition).content.decode()
    for number in ("0.812", "0.946", "0.210", "0.82", "5120"):
        assert f'<td class="n">{number}</td>' in text
    assert "a gallery needs 20 strangers, got 3." in text
    assert "dlib chooses the donor." in text
    assert text.count('<th scope="row">') == len(COLUMNS)


def test_an_investigator_reads_released_renditions_of_the_studies_they_read_without_codes(sign_in):
    study = opened_study(1)
    recording = RecordingFactory(participant=ParticipantFactory(cohort=study.cohort, code="SECRET-7"))
    released, waiting = measured(recording=recording), measured(Rendition.State.IN_REVIEW, recording)
    original = OriginalFactory(recording=recording)
    client, stranger = sign_in(Role.INVESTIGATOR), sign_in(Role.INVESTIGATOR)
    add_member(study=study, user=client.user, actor=UserFactory())
    assert page(client, released).status_code == 200
    assert [page(client, each).status_code for each in (waiting, original, measured())] == [404] * 3
    assert page(stranger, released).status_code == 404
    listed = client.get(reverse("analysis:cohort_fidelity", kwargs={"pk": study.cohort_id}))
    for answer in (listed, page(client, released)):
        assert "SECRET-7" not in answer.content.decode()


@pytest.mark.parametrize("role", [Role.RATER, Role.JUDGE])
def test_who_rates_never_sees_how_a_rendition_was_made(sign_in, role):
    rendition = measured()
    client = sign_in(role)
    assert page(client, rendition).status_code == 403
    assert client.get(reverse("analysis:cohort_fidelity", args=[rendition.recording.cohort_id])).status_code == 403


def test_the_page_waits_while_a_worker_measures_and_stops_asking_when_it_is_over(sign_in):
    rendition = measured(state="in_review")
    Measurement.objects.update(state="queued", report={})
    client = own(sign_in, rendition)
    assert 'hx-trigger="every 5s"' in page(client, rendition).content.decode()
    address = reverse("analysis:fidelity", kwargs={"pk": rendition.pk})
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 200
    Measurement.objects.update(state="failed", error="the file is damaged: copy it again.")
    over = client.get(address, headers={"HX-Request": "true"})
    assert over.status_code == 286
    assert "the file is damaged" in over.content.decode()
    client.post(reverse("analysis:measure_again", kwargs={"pk": rendition.pk}))
    assert Measurement.objects.get().state == "queued"


def test_methods_are_averaged_over_the_newest_of_each_recording(sign_in):
    first = measured()
    other = {**REPORT, "metrics": {**REPORT["metrics"], "dynamics": {"r_cca": 0.6}}}
    newest = measured(recording=first.recording, report=other)
    client = own(sign_in, first)
    answer = client.get(reverse("analysis:cohort_fidelity", args=[first.recording.cohort_id])).content.decode()
    assert reverse("analysis:fidelity", args=[newest.pk]) in answer
    assert reverse("analysis:fidelity", args=[first.pk]) not in answer
    assert '<td class="n">0.600</td>' in answer
    assert "Mask (n = 1)" in answer


def test_the_cohorts_page_costs_the_same_for_one_and_for_three(sign_in, django_assert_max_num_queries):
    first = measured()
    client = own(sign_in, first)
    address = reverse("analysis:cohort_fidelity", args=[first.recording.cohort_id])
    with django_assert_max_num_queries(12) as one:
        client.get(address)
    for _ in range(2):
        measured(recording=RecordingFactory(participant=ParticipantFactory(cohort=first.recording.cohort)))
    with django_assert_max_num_queries(12) as three:
        client.get(address)
    assert len(one) == len(three)
