"""Reports of runs: made once by a worker, kept beside the numbers, served as they were kept, gone with the numbers."""

from threading import Event as Flag

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Role
from analysis import agreement_report, report_services, run_services, tasks
from analysis.models import Run, RunReport
from analysis.run_kinds import AGREEMENT
from audit.models import Event
from cohorts import withdrawal
from cohorts.views import HTMX_STOP_POLLING
from deid.leases import LeaseLost, take
from tests.analysis.runs import computed_run, reported_run
from tests.factories import UserFactory
from tests.ratings.build import closed_study

pytestmark = pytest.mark.django_db
FEW = {"rounds": 100}
FORMS = ("html", "pdf")


@pytest.fixture(autouse=True)
def long_leases(settings):
    """The heartbeat's thread sees nothing of a test's transaction: it does not come to beat here."""
    settings.JOB_LEASE_SECONDS = 600


@pytest.fixture
def client(sign_in):
    return sign_in(UserFactory(role=Role.INVESTIGATOR))


def page(client, run: Run) -> str:
    return client.get(f"/runs/{run.pk}/").content.decode()


def withdraw_one(run: Run) -> None:
    participant = run.study.cohort.participants.first()
    withdrawal.withdraw_participant(participant=participant, code=participant.code, actor=UserFactory())


def test_a_computed_run_asks_for_its_report_and_a_worker_makes_it_once():
    run = run_services.request_run(kind=AGREEMENT, study=closed_study(1), parameters=FEW, actor=None)
    tasks.compute_run(run_id=run.pk)
    report = RunReport.objects.get(run=run)
    assert (report.state, bytes(report.html), bytes(report.pdf)) == (RunReport.State.QUEUED, b"", b"")
    tasks.make_report(report_id=report.pk)
    tasks.make_report(report_id=report.pk)  # the doorbell rang twice
    report.refresh_from_db()
    assert (report.state, report.attempts, report.progress, report.error) == (RunReport.State.DONE, 1, 1, "")
    assert bytes(report.html).startswith(b"<!doctype html>")
    assert bytes(report.pdf).startswith(b"%PDF-")
    assert Event.objects.filter(verb="run.reported", target_id=str(run.pk)).count() == 1


def test_a_report_made_anew_has_the_bytes_of_the_one_that_was_kept():
    run = reported_run(closed_study(2), parameters=FEW)
    kept = bytes(run.report.html), bytes(run.report.pdf)
    assert agreement_report.files_of(Run.objects.get(pk=run.pk), lambda part, stage: None) == kept


def test_what_is_served_is_what_was_kept_whatever_would_be_drawn_today(client):
    run = reported_run(closed_study(1), parameters=FEW)
    RunReport.objects.filter(run=run).update(html=b"<p>of an older version</p>", pdf=b"%PDF-older")
    assert client.get(f"/runs/{run.pk}/report.html").content == b"<p>of an older version</p>"
    answer = client.get(f"/runs/{run.pk}/report.pdf")
    assert (answer.content, answer.headers["Content-Type"]) == (b"%PDF-older", "application/pdf")


def test_a_download_reads_one_form_and_no_other(client, django_assert_max_num_queries):
    run = reported_run(closed_study(1), parameters=FEW)
    with django_assert_max_num_queries(9) as asked:
        client.get(f"/runs/{run.pk}/report.pdf")
    assert not [query for query in asked if '"html"' in query["sql"]]


def test_until_it_is_made_the_page_says_so_and_downloads_lead_to_it(client):
    run = computed_run(closed_study(1), parameters=FEW)
    assert "The report is being made." in page(client, run)
    assert "The report is being made." in client.get(f"/runs/{run.pk}/agreement/").content.decode()
    for form in FORMS:
        answer = client.get(f"/runs/{run.pk}/report.{form}")
        assert (answer.status_code, answer.url) == (302, f"/runs/{run.pk}/")
    assert not Event.objects.filter(verb="run.read", note__in=FORMS).exists(), "nothing was taken home"
    assert client.get(f"/runs/{run.pk}/", headers={"HX-Request": "true"}).status_code == 200, "it asks again"
    tasks.make_report(report_id=run.report.pk)
    told = client.get(f"/runs/{run.pk}/", headers={"HX-Request": "true"})
    assert told.status_code == HTMX_STOP_POLLING
    for form in FORMS:
        assert reverse(f"analysis:report_{form}", args=[run.pk]) in told.content.decode()


def test_runs_from_before_reports_were_kept_get_one_and_others_do_not(client):
    study = closed_study(1)
    run = computed_run(study, parameters=FEW)
    waiting = run_services.request_run(kind=AGREEMENT, study=study, actor=None)
    RunReport.objects.all().delete()
    assert "The report is being made." in page(client, run)
    assert "The report is being made." not in page(client, waiting)
    assert (report_services.request_missing_reports(), report_services.request_missing_reports()) == (1, 0)
    assert report_services.sweep_reports() == 1
    tasks.make_report(report_id=RunReport.objects.get().pk)
    assert client.get(f"/runs/{run.pk}/report.pdf").content.startswith(b"%PDF-")


def test_a_report_that_fails_leaves_the_numbers_and_can_be_made_again(client):
    run = computed_run(closed_study(1), parameters=FEW)
    inputs = run.inputs
    Run.objects.filter(pk=run.pk).update(inputs={})  # what the report tells of and the pages of numbers do not
    tasks.make_report(report_id=run.report.pk)
    run.refresh_from_db()
    assert (run.state, run.error, run.report.state) == (Run.State.DONE, "", RunReport.State.FAILED)
    assert run.report.error == "An unexpected error ended this job: KeyError. The worker's log holds the details."
    told = page(client, run)
    assert "The report could not be made. The numbers of the run are not touched by it." in told
    assert "KeyError" in told
    assert "The report could not be made: see why" in client.get(f"/runs/{run.pk}/agreement/").content.decode()
    assert client.get(f"/runs/{run.pk}/run.csv").status_code == 200
    assert report_services.request_missing_reports() == report_services.sweep_reports() == 0, "nobody tries for ever"

    Run.objects.filter(pk=run.pk).update(inputs=inputs)
    assert client.post(reverse("analysis:report_again", args=[run.pk])).url == f"/runs/{run.pk}/"
    assert Event.objects.filter(verb="run.report_again").count() == 1
    tasks.make_report(report_id=run.report.pk)
    assert client.get(f"/runs/{run.pk}/report.html").status_code == 200
    with pytest.raises(ValidationError, match="did not fail: there is nothing to make again"):
        report_services.make_again(run=run, actor=UserFactory())


def test_who_withdraws_is_in_no_report_any_more(client):
    run = reported_run(closed_study(2), parameters=FEW)
    withdraw_one(run)
    assert not RunReport.objects.exists()
    assert client.get(f"/runs/{run.pk}/report.pdf").status_code == 403
    assert "report" not in page(client, run).lower()


def test_a_report_that_was_being_made_during_a_withdrawal_is_not_kept():
    run = computed_run(closed_study(2), parameters=FEW)
    job = take(RunReport.objects.select_related("run__study"), run.report.pk)
    withdraw_one(run)
    with pytest.raises(LeaseLost):
        report_services.make_report(job=job, lost=Flag())
    assert not RunReport.objects.exists()


def test_a_run_that_became_void_by_a_version_without_reports_keeps_none():
    """During an update the old version still makes runs void, and leaves the reports that it does not know."""
    run = reported_run(closed_study(1), parameters=FEW)
    other = computed_run(run.study, parameters=FEW)
    job = take(RunReport.objects.select_related("run__study"), other.report.pk)
    Run.objects.update(state=Run.State.VOID, error="withdrew", summary={}, sha256="", inputs={})
    with pytest.raises(LeaseLost, match="became void"):
        report_services.make_report(job=job, lost=Flag())
    report_services.sweep_reports()
    assert not RunReport.objects.exists()


def test_one_that_was_asked_for_during_a_withdrawal_is_swept_away():
    run = computed_run(closed_study(2), parameters=FEW)
    withdraw_one(run)
    late = RunReport.objects.create(run=run)
    tasks.make_report(report_id=late.pk)
    late.refresh_from_db()
    assert bytes(late.html) == bytes(late.pdf) == b""
    assert report_services.sweep_reports() == 0
    assert not RunReport.objects.exists()


def test_the_database_keeps_files_of_reports_that_are_made_only():
    run = reported_run(closed_study(1), parameters=FEW)
    for change in ({"pdf": b""}, {"html": b""}, {"state": "queued"}, {"state": "failed", "html": b"", "pdf": b""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RunReport.objects.filter(run=run).update(**change)
