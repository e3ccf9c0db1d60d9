"""Runs: none before a study is closed, one worker computes each, the same inputs give the same summary."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Role
from analysis import run_export, run_services, tasks
from analysis.models import Run
from analysis.run_kinds import AGREEMENT
from audit.models import Event
from cohorts import withdrawal
from tests.analysis.runs import computed_run
from tests.factories import UserFactory
from tests.ratings.build import closed_study, opened_study, rate_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def long_leases(settings):
    """The heartbeat's thread sees nothing of a test's transaction: it does not come to beat here."""
    settings.JOB_LEASE_SECONDS = 600


def test_a_study_that_is_not_closed_has_no_run():
    study = opened_study(1)
    rate_all(study)
    with pytest.raises(ValidationError, match="Close the study first"):
        run_services.request_run(kind=AGREEMENT, study=study, actor=None)
    assert run_services.request_missing_runs() == 0
    assert not Run.objects.exists()


def test_the_sweep_asks_once_for_every_closed_study_and_a_worker_computes_it():
    study = closed_study(2)
    assert (run_services.request_missing_runs(), run_services.request_missing_runs()) == (1, 0)
    run = Run.objects.get()
    tasks.compute_run(run_id=run.pk)
    tasks.compute_run(run_id=run.pk)  # the doorbell rang twice
    run.refresh_from_db()
    assert (run.study, run.state, run.attempts, run.progress, run.error) == (study, Run.State.DONE, 1, 1, "")
    assert len(run.sha256) == len(run.inputs["ratings"]) == len(run.inputs["protocol"]) == 64
    assert run.versions["algorithm"].startswith("agreement/")
    assert Event.objects.get(verb="run.computed").note == run.sha256


def test_the_same_ratings_give_the_same_summary_and_the_same_files():
    study = closed_study(2)
    one, two = computed_run(study), computed_run(study)
    assert (one.sha256, one.inputs) == (two.sha256, two.inputs)
    for form in ("csv", "parquet"):
        assert run_export.export_of(one, form) == run_export.export_of(two, form)
    assert json.loads(run_export.export_of(one, "json"))["summary_sha256"] == one.sha256


def test_what_is_unknown_is_named():
    with pytest.raises(ValidationError, match="no analysis “magic”: choose one of agreement"):
        run_services.request_run(kind="magic", study=closed_study(1), actor=None)


def test_a_run_that_waits_is_stopped_and_one_that_is_over_is_not():
    run = run_services.request_run(kind=AGREEMENT, study=closed_study(1), actor=None)
    run_services.cancel_run(run=run, actor=UserFactory())
    tasks.compute_run(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.summary) == (Run.State.CANCELLED, {})
    with pytest.raises(ValidationError, match="it is “Cancelled”"):
        run_services.cancel_run(run=run, actor=UserFactory())


def test_an_error_is_kept_as_a_sentence():
    study = closed_study(1)
    run = run_services.request_run(kind=AGREEMENT, study=study, actor=None)
    type(study).objects.filter(pk=study.pk).update(state="open", closed_at=None)
    tasks.compute_run(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.error) == (Run.State.FAILED, f"study {study.pk} is open")


def test_the_database_keeps_a_summary_of_computed_runs_only():
    run = computed_run(closed_study(1))
    for change in ({"state": "failed", "error": "no"}, {"summary": {}}, {"sha256": ""}, {"study": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Run.objects.filter(pk=run.pk).update(**change)


def test_who_withdraws_is_in_no_run_any_more():
    study = closed_study(2)
    run = computed_run(study)
    participant = study.cohort.participants.first()
    withdrawal.withdraw_participant(participant=participant, code=participant.code, actor=UserFactory())
    run.refresh_from_db()
    assert (run.state, run.summary, run.inputs) == (Run.State.VOID, {}, {})
    assert "withdrew" in run.error
    assert run_services.request_missing_runs() == 1
    again = Run.objects.first()
    tasks.compute_run(run_id=again.pk)
    again.refresh_from_db()
    assert again.state == Run.State.DONE


def test_a_run_is_read_from_its_page_and_taken_home_under_log(sign_in):
    reader = UserFactory(role=Role.INVESTIGATOR)
    study = closed_study(1)
    run = computed_run(study)
    client = sign_in(reader)
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert run.sha256 in page
    assert "Stop this run" not in page
    assert client.get(f"/runs/{run.pk}/run.csv").headers["Content-Type"].startswith("text/csv")
    assert Event.objects.filter(verb="study.results_read", note="run-csv", target_id=str(study.pk)).count() == 1


def test_only_a_computed_run_is_taken_home_and_waiting_ones_can_be_stopped(sign_in):
    reader = UserFactory(role=Role.INVESTIGATOR)
    study = closed_study(1)
    client = sign_in(reader)
    asked = client.post(f"/results/{study.pk}/run/")
    run = Run.objects.get()
    assert asked.url == f"/runs/{run.pk}/"
    assert "Stop this run" in client.get(asked.url).content.decode()
    assert client.get(f"/runs/{run.pk}/run.json").status_code == 403
    assert client.post(f"/runs/{run.pk}/cancel/").status_code == 302
    run.refresh_from_db()
    assert (run.state, run.created_by) == (Run.State.CANCELLED, reader)
