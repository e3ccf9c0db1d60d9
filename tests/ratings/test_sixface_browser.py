"""A six-face experiment in a real browser: built on synthetic people, judged by keyboard, read as a figure.

SCREENSHOTS=DIR keeps pictures of the pages.
"""

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.models import Role
from analysis.machine_services import request_machines
from analysis.models import MachineJudging
from analysis.tasks import judge_by_machines
from ratings import key, tasks
from ratings.models import Experiment, TrialAnswer, TrialBuild
from tests.analysis.test_sixface_results import finds_nobody, finds_the_original_once
from tests.factories import UserFactory
from tests.ratings.experiments import TINY, answer, filmed, opened_experiment, pair_of, two_methods

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def browse(live_server, sign_in, chromium):
    """`browse(user)`: a page of that user's browser; its complaints are kept in `page.complaints`."""

    def make(who, width=1280, height=800):
        cookie = sign_in(who).cookies["sessionid"].value
        context = chromium.new_context(base_url=live_server.url, viewport={"width": width, "height": height})
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.complaints = []
        page.on("console", lambda told: page.complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    return make


def picture(page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def accessible(page) -> None:
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert not found, [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found]


def plan(page, judges, cohort) -> None:
    """The coordinator's form and protocol: twenty trials over four judges."""
    page.goto("/experiments/new/")
    page.get_by_label("Name").fill("Six faces")
    page.get_by_role("combobox", name="Cohort").select_option(cohort.name)
    page.get_by_role("combobox", name="Method").select_option("motionmesh")
    for judge in judges:
        page.get_by_role("checkbox", name=judge.display_name).check()
    page.get_by_role("checkbox", name="Ivy").check()
    page.get_by_role("button", name="Make the experiment").click()
    page.get_by_role("heading", name="Not ready to open").wait_for()
    page.get_by_role("link", name="Edit the protocol").click()
    page.locator("#protocol").get_by_label("Trials of each judge", exact=True).fill("5")
    page.get_by_label("Controls").select_option("random")
    page.get_by_label("Most showings of one donor").fill("0")
    page.get_by_label("Catch trials of each judge").fill("2")
    page.get_by_label("Practice trials of each judge").fill("1")
    page.get_by_label("Justification of the margin").fill("A pilot.")
    page.get_by_role("button", name="Save the protocol").click()
    page.get_by_text("The protocol is saved").wait_for()
    page.get_by_role("button", name="Simulate").click()
    page.get_by_text("Planted: share found again 0.01").wait_for()
    picture(page, "experiment-protocol")
    accessible(page)
    page.get_by_role("navigation", name="Above this page").get_by_role("link", name="Six faces").click()


def build_and_open(page) -> Experiment:
    page.get_by_role("button", name="Build the trials").click()
    page.get_by_text("The trials are being built.").wait_for()
    tasks.build_trials(build_id=TrialBuild.objects.get().pk)
    page.get_by_text("Go on with the experiment").click()
    page.get_by_role("heading", name="Ready to open").wait_for()
    picture(page, "experiment-ready")
    accessible(page)
    page.get_by_role("button", name="Open the experiment").click()
    page.get_by_text("judges can begin").wait_for()
    picture(page, "experiment-open")
    return Experiment.objects.get()


def ready(page) -> None:
    page.locator("#trial[data-ready]").wait_for()


def judge_by_keyboard(page) -> None:
    """Practice with its answer, then every trial: two faces, no two, and a change of mind."""
    page.goto("/judge/")
    picture(page, "judge-home")
    page.get_by_role("link", name="Continue").click()
    ready(page)
    for one in ("3", "6", "2", "Enter"):
        page.keyboard.press(one)
    page.locator("#feedback:not(:empty)").wait_for()
    picture(page, "judge-practice")
    page.keyboard.press("Enter")
    for number in range(1, 8):
        page.get_by_role("heading", name=f"{number} of 7", exact=True).wait_for()
        ready(page)
        if number == 1:
            accessible(page)
            page.keyboard.press("1")
        for one in ("2", "Backspace", "4", "5") if number == 1 else ("0",):
            page.keyboard.press(one)
        page.keyboard.press("4")
        if number == 1:
            picture(page, "judge-trial")
        page.keyboard.press("Enter")
    page.get_by_text("Everything is answered").wait_for()


def test_an_experiment_from_the_building_to_the_figure(browse):
    coordinator, ivy = UserFactory(), UserFactory(role=Role.INVESTIGATOR, first_name="Ivy")
    judges = [UserFactory(role=Role.JUDGE, first_name=name) for name in ("Ana", "Bo", "Cy", "Di")]
    page = browse(coordinator)
    plan(page, judges, filmed(24, coordinator=coordinator))
    experiment = build_and_open(page)
    assert experiment.trials.filter(practice=False).count() == 4 * (5 + 2)
    ana = browse(judges[0])
    judge_by_keyboard(ana)
    own = TrialAnswer.objects.filter(trial__judge__user=judges[0]).order_by("id")
    assert [one.picks for one in own] == [(3, 6), (4, 5), *[()] * 6]
    assert all(one.response_ms >= 0 for one in own)
    answer_the_rest(experiment)
    page.reload()
    page.get_by_role("button", name="Close the experiment for good").click()
    page.get_by_text("its result can be read").wait_for()
    request_machines()
    judge_by_machines(judging_id=MachineJudging.objects.get().pk)
    reader = browse(ivy)
    reader.goto(f"/results/experiments/{experiment.pk}/")
    reader.locator(".figure .bars .point").first.wait_for(state="attached")
    picture(reader, "experiment-result")
    accessible(reader)
    assert reader.get_by_text(re.compile(r"^Judges: \d, participants: \d+")).count() == 1
    assert reader.get_by_role("columnheader", name="dlib").count() == 1
    shown = reader.get_by_role("row", name=re.compile("^de-identified and source")).inner_text().split()
    assert int(shown[4]) > 0, "the donors that were taken for the de-identified face"
    with reader.expect_download() as download:
        reader.get_by_role("link", name="Download trials and answers").click()
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"
    assert (page.complaints, ana.complaints, reader.complaints) == ([], [], [])


def test_an_investigator_reads_two_methods_in_one_figure(browse):
    ivy = UserFactory(role=Role.INVESTIGATOR)
    first, _second = two_methods(ivy, finds_nobody, finds_the_original_once)
    page = browse(ivy)
    page.goto(f"/results/experiments/{first.pk}/")
    page.get_by_role("checkbox", name="Blur · Second").check()
    page.get_by_role("button", name="Show beside this one").click()
    drawn = page.locator('[data-figure="by-method"]')
    drawn.locator(".bars .point").first.wait_for(state="attached")
    assert drawn.locator(".errorbar").count() == 2
    assert page.get_by_role("row", name=re.compile("^Second Blur")).count() == 1
    picture(page, "experiment-by-method")
    accessible(page)
    assert page.complaints == []


def answer_the_rest(experiment: Experiment) -> None:
    """The other judges: catch trials right, and every second donor taken for the de-identified face."""
    sealed = key.trials_of(experiment.pk)
    for trial in experiment.trials.filter(answer=None).order_by("judge", "-practice", "position"):
        roles = sealed[trial.pk].roles
        pair = pair_of(sealed[trial.pk], "twin", "twin") if "twin" in roles else ()
        if "source" in roles and trial.position % 2:
            pair = pair_of(sealed[trial.pk], "deidentified", "source")
        answer(trial, pair)


def test_an_answer_given_without_a_network_survives_leaving_the_page_and_arrives_once(browse):
    experiment = opened_experiment(7, protocol=TINY)
    trial = experiment.trials.get(practice=True)
    page = browse(trial.judge.user, width=768, height=1024)
    page.goto(f"/judge/{trial.pk}/")
    ready(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Face 2").click()
    page.get_by_role("button", name="Face 5").click()
    page.get_by_role("button", name="3 rather sure").click()
    picture(page, "judge-tablet")
    page.get_by_role("button", name="Next").click()
    page.get_by_text("kept in this browser, not yet sent (1)").wait_for()
    assert not TrialAnswer.objects.exists()
    context = page.context
    page.close()  # a page that is only left may live for a moment and send the answer when the network comes back
    context.set_offline(False)
    page = context.new_page()
    page.goto(f"/judge/{trial.pk}/")
    page.locator("#feedback:not(:empty)").wait_for()
    assert TrialAnswer.objects.get().picks == (2, 5)
