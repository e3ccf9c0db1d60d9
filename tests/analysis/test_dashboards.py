"""Dashboards of fidelity: who sees what, what they show, what is missing, and that they cost the same for more."""

import json
import re

import numpy as np
import plotly.graph_objects as go
import pytest
from django.db.models import Q
from django.urls import reverse

from accounts.models import Role
from analysis import dynamics_figures, identity_figures, scatter_figures
from analysis.dashboard_columns import BODY
from analysis.dashboard_figures import as_data
from analysis.dashboard_methods import method_rows, table
from analysis.dashboard_rows import shown
from analysis.dashboard_views import DYNAMICS_READ, METHODS_READ
from analysis.models import Measurement
from analysis.plain_figure import PlainFigure
from analysis.report_parts import parts_of
from cohorts.models import ClinicalState
from deid.models import Rendition
from ratings.member_services import add_member
from tests.analysis.dashboards import cohort_of, measured, report_of
from tests.factories import CohortFactory, ParticipantFactory, RecordingFactory, RenditionFactory, UserFactory
from tests.ratings.build import opened_study

pytestmark = pytest.mark.django_db

ROUTES = ("analysis:methods", "analysis:dynamics", "analysis:identity")


def page(client, route, **asked):
    return client.get(reverse(route), asked)


def figures(answer):
    """The figures of a page by name, as the browser gets them."""
    found = re.findall(r'<script id="(\w+)" type="application/json">(.*?)</script>', answer.content.decode(), re.S)
    return {name: json.loads(data) for name, data in found}


def marks(figure):
    """Addresses that a figure's marks lead to."""
    told = [one for trace in figure["data"] for one in trace.get("customdata") or []]
    return {one[0].partition("?")[0] for one in told if isinstance(one[0], str)}


def test_every_figure_is_drawn_and_its_marks_lead_to_the_videos(sign_in):
    client = sign_in(Role.COORDINATOR)
    cohort = cohort_of(3, coordinator=client.user)
    expected = {reverse("analysis:player", args=[one.pk]) for one in Rendition.objects.filter(recording__cohort=cohort)}
    drawn = {name: figure for route in ROUTES for name, figure in figures(page(client, route)).items()}
    assert set(drawn) == {
        "scatter", "pairs", "motion", "amplitude", "blinks", "tremor", "oks", "pulse", "distances", "roc", "plane",
        "rank",
    }  # fmt: skip
    for name in ("scatter", "motion", "amplitude", "tremor", "pulse", "distances", "plane", "rank"):
        assert marks(drawn[name]) >= expected, name
    heat = drawn["pairs"]["data"]
    assert [one["z"]["shape"] for one in heat] == ["51, 51"] * 3  # two methods and the ceiling


def test_plotly_takes_every_figure_as_it_is(sign_in):
    """Pages do not have Plotly check each property of each mark; here it does."""
    client = sign_in(Role.COORDINATOR)
    cohort_of(3, coordinator=client.user)
    for route in ROUTES:
        for name, figure in figures(page(client, route)).items():
            checked = go.Figure(figure)  # raises for a property or a value that there is not
            assert len(checked.data) == len(figure["data"]), name


def described(figure):
    """The same calls on any kind of figure."""
    figure.add_scatter(x=[0.1, None], y=[1, 2], mode="markers", marker={"size": 7}, customdata=[["/a", "A"]])
    figure.add_vline(0.5, line={"color": "#000", "dash": "dash"}, annotation_text="chance")
    figure.add_vline(0.7, line={"width": 1})
    figure.add_vrect(-0.02, 0.05, fillcolor="#eee", line={"width": 0}, layer="below")
    figure.add_shape(type="rect", x0=0, x1=1, y0=0, y1=1, line={"width": 0})
    figure.update_xaxes(title="r", range=[0, 1])
    figure.update_xaxes(range=[0, 2])
    figure.update_yaxes(title="Frames (%)", showgrid=False)
    figure.update_layout(margin={"l": 8, "r": 9}, height=420)
    figure.update_layout(margin={"l": 188})
    return go.Figure(as_data(figure)).to_plotly_json()


def test_a_plain_figure_says_what_one_of_plotly_says():
    plain, own = described(PlainFigure()), described(go.Figure())
    assert plain["layout"] == own["layout"]
    assert plain["data"] == own["data"]


def test_arrays_and_what_is_no_number_become_json():
    figure = PlainFigure()
    figure.add_scatter(x=np.array([0.5, np.nan]), y=[np.float64(2), np.int64(3)])
    (trace,) = as_data(figure)["data"]
    assert (trace["x"], trace["y"]) == ([0.5, None], [2, 3])


EVERYTHING = ("metrics", "ceiling", "between", "drawn")
PAGES = {
    "methods": (METHODS_READ, lambda found: [*scatter_figures.compared(found.by_method, method_rows(found))]),
    "numbers": (METHODS_READ, method_rows),
    "dynamics": (DYNAMICS_READ, lambda found: [*dynamics_figures.figures(found.by_method)]),
    "body": (DYNAMICS_READ, lambda found: [*table(found.by_method, BODY)]),
    "identity": (identity_figures.READ, lambda found: [*identity_figures.figures(found.by_method)]),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_dashboard_reads_all_that_it_shows(name, sign_in):
    """With whole reports it would say the same: every number, and every reason that stands in the place of one."""
    paths, told = PAGES[name]
    user = sign_in(Role.COORDINATOR).user
    cohort = cohort_of(3, methods=("mask", "motionmesh", "facemotion"), coordinator=user)
    why = {"unavailable": "different frame counts: give two versions of one recording."}
    for number, rendition in enumerate(Rendition.objects.filter(recording__cohort=cohort, method="facemotion")):
        report = report_of()
        report["ceiling"] = why
        report["metrics"] |= dict.fromkeys(("blinks", "body_coco", "tremor", "rank"), why)
        del report["metrics"]["pulse_pos_10s"]
        if number:
            del report["drawn"]
        Measurement.objects.filter(rendition=rendition).update(report=report)
    few, all_ = (shown(user, Q(), codes=True, paths=each) for each in (paths, EVERYTHING))
    assert repr(told(few)) == repr(told(all_))


def test_only_names_are_written_into_the_query():
    with pytest.raises(ValueError, match="is no name of a report"):
        parts_of("measurement__report", ["metrics.it's"])


def test_a_method_that_halves_motion_is_seen_to(sign_in):
    """0.8 of the movement was kept by one method, 0.4 by the other: the slopes say so, beside n."""
    client = sign_in(Role.COORDINATOR)
    cohort_of(3, coordinator=client.user)
    text = page(client, "analysis:methods").content.decode()
    slopes = [float(value) for value in re.findall(r"Slope → 1</span> <b>([0-9.]+)</b>", text)]
    assert slopes == pytest.approx([0.8, 0.4], abs=0.05)
    assert "n = 3, participants: 3" in text


def test_what_is_not_measured_is_told_and_the_rest_is_shown(sign_in):
    client = sign_in(Role.COORDINATOR)
    cohort = cohort_of(1, methods=("mask",), coordinator=client.user)
    recording = Rendition.objects.get().recording
    RenditionFactory(recording=recording, method="blur")
    failed = RenditionFactory(recording=recording, method="pixelate")
    Measurement.objects.create(rendition=failed, state="failed", error="the file is damaged: copy it again.")
    text = page(client, "analysis:dynamics", cohort=cohort.pk).content.decode()
    assert "1 measured rendition" in text
    assert "1 more rendition waits to be measured" in text
    assert "the file is damaged" in text
    assert "motion" in figures(page(client, "analysis:dynamics"))


def test_unequal_frame_counts_and_reports_of_before_leave_reasons_in_place_of_figures(sign_in):
    client = sign_in(Role.COORDINATOR)
    cohort = CohortFactory(coordinators=[client.user])
    rendition = measured(RecordingFactory(participant=ParticipantFactory(cohort=cohort)))
    reason = "different frame counts: the original has 100 frames, the other 99; give two versions of one recording."
    report = report_of()
    del report["drawn"]
    lost = ("dynamics", "blinks", "body_coco", "body_openpose")
    report["metrics"] |= {name: {"unavailable": reason} for name in lost}
    report["between"] = {"r_cca": {"unavailable": reason}}
    Measurement.objects.filter(rendition=rendition).update(report=report)
    dynamics = page(client, "analysis:dynamics")
    assert "measured before maps were kept" in dynamics.content.decode()
    assert set(figures(dynamics)) == {"motion", "tremor", "pulse"}  # the ceiling and the nulls of motion are there
    assert reason in page(client, "analysis:methods").content.decode()
    assert set(figures(page(client, "analysis:identity"))) == {"rank"}


@pytest.mark.parametrize("route", ROUTES)
def test_nothing_measured_says_so(route, sign_in):
    assert "has been measured yet" in page(sign_in(Role.COORDINATOR), route).content.decode()


def test_filters_narrow_what_is_shown(sign_in):
    client = sign_in(Role.COORDINATOR)
    cohort = cohort_of(3, coordinator=client.user)
    other = cohort_of(1, methods=("blur",), coordinator=client.user)
    first = Rendition.objects.filter(recording__cohort=cohort).earliest("pk").recording
    ClinicalState.objects.create(recording=first, hoehn_yahr=4)
    for asked, n in (
        ({}, 7), ({"cohort": other.pk}, 1), ({"method": "motionmesh"}, 3), ({"site": "South"}, 2), ({"sex": "f"}, 5),
        ({"stage": "severe"}, 2), ({"stage": "unknown"}, 5), ({"task": "speech"}, 0),
        ({"sex": "m", "site": "North"}, 0),
    ):  # fmt: skip
        assert f"{n} measured rendition" in page(client, "analysis:methods", **asked).content.decode(), asked
    assert page(client, "analysis:methods", sex="both").status_code == 400
    assert page(client, "analysis:methods", recording__sha256="0").status_code == 400


def test_everybody_sees_their_own_cohorts_and_investigators_no_codes(sign_in):
    study = opened_study(1)
    recording = RecordingFactory(participant=ParticipantFactory(cohort=study.cohort, code="SECRET-7"))
    rendition = measured(recording)
    reader, stranger, other = sign_in(Role.INVESTIGATOR), sign_in(Role.INVESTIGATOR), sign_in(Role.COORDINATOR)
    add_member(study=study, user=reader.user, actor=UserFactory())
    for route in ROUTES:
        text = page(reader, route).content.decode()
        assert reverse("analysis:player", args=[rendition.pk]) in text
        assert "SECRET-7" not in text
        for client in (stranger, other):
            assert reverse("analysis:player", args=[rendition.pk]) not in page(client, route).content.decode()
    own = sign_in(Role.ADMINISTRATOR)
    assert "SECRET-7" in page(own, "analysis:dynamics").content.decode()


@pytest.mark.parametrize("route", ROUTES)
def test_a_dashboard_costs_the_same_for_one_and_for_more(route, sign_in, django_assert_max_num_queries):
    client = sign_in(Role.COORDINATOR)
    cohort_of(1, coordinator=client.user)
    with django_assert_max_num_queries(14) as one:
        page(client, route)
    cohort_of(3, methods=("mask", "motionmesh", "facemotion"), coordinator=client.user)
    cohort_of(1, methods=("facemotion",), coordinator=client.user)
    with django_assert_max_num_queries(15) as more:  # one more asks what the trained networks have seen
        page(client, route)
    assert len(more) - len(one) == (route == "analysis:methods")


def test_a_network_of_unknown_training_is_shown_and_never_compared(sign_in):
    client = sign_in(Role.COORDINATOR)
    cohort = cohort_of(2, methods=("facemotion", "mask"), coordinator=client.user)  # the network keeps more motion
    text = page(client, "analysis:methods").content.decode()
    assert "do not say how long the network was trained" in text
    assert text.index('<th scope="row">Mask') < text.index('<th scope="row">FaceMotionPreserve')
    for rendition in Rendition.objects.filter(recording__cohort=cohort, method="facemotion"):
        rendition.certificate["method_report"] = {"training": {"images_seen": 32_000, "steps": 1_000}}
        rendition.save()
    assert (
        "the network saw 32,000 images in 1,000 steps, fewer than 1,000,000"
        in page(client, "analysis:methods").content.decode()
    )
    for rendition in Rendition.objects.filter(method="facemotion"):
        rendition.certificate["method_report"] = {"training": {"images_seen": 2_000_000, "sizes": {"model.width": 8}}}
        rendition.save()
    assert "smaller than the published one: model.width 8, not 64." in page(client, "analysis:methods").content.decode()
    published = {"model.width": 64, "model.blocks": 9, "model.side": 224}  # the generator of Zhu et al. 2024
    for rendition in Rendition.objects.filter(method="facemotion"):
        rendition.certificate["method_report"] = {"training": {"images_seen": 2_000_000, "sizes": published}}
        rendition.save()
    text = page(client, "analysis:methods").content.decode()
    assert "Trained on 2,000,000 images." in text
    assert text.index('<th scope="row">FaceMotionPreserve') < text.index('<th scope="row">Mask')


def test_few_participants_leave_items_unknown_and_enough_of_them_decide(sign_in):
    client = sign_in(Role.COORDINATOR)
    cohort_of(4, methods=("mask",), coordinator=client.user)
    assert "none shown" in page(client, "analysis:methods").content.decode()
    cohort_of(2, methods=("mask",), coordinator=client.user)
    text = page(client, "analysis:methods").content.decode()
    assert '<span class="badge good">3.4-3.8</span>' in text  # the body was hardly moved
    assert '<span class="badge good">3.1</span>' not in text  # no sound was compared: unknown is never kept
