"""Metrics say what the rows say, to whoever has the token."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from deid.models import Job, Rendition
from tests.factories import JobFactory, RecordingFactory, RenditionFactory

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-tests"
SAMPLE = re.compile(r'(semblance_[a-z_]+)\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\} (-?[0-9.]+(?:e[+-]?[0-9]+)?)')


@pytest.fixture
def scrape(client, settings):
    settings.METRICS_TOKEN = TOKEN

    def scraped() -> dict[str, float]:
        answer = client.get("/metrics", HTTP_AUTHORIZATION=f"Bearer {TOKEN}")
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
        parsed = [SAMPLE.fullmatch(line) for line in lines]
        assert all(parsed), lines
        return {f"{m[1]}{{{m[2]}}}": float(m[3]) for m in parsed if m}

    return scraped


def test_queues_are_counted_and_the_oldest_wait_is_told(scrape):
    for age in (10, 300):
        job = JobFactory(queue="gpu")
        Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(seconds=age))
    told = scrape()
    assert told['semblance_jobs_open{queue="gpu",state="queued"}'] == 2
    assert told['semblance_jobs_open{queue="cpu",state="queued"}'] == 0
    assert told['semblance_jobs_oldest_waiting_seconds{queue="gpu"}'] == pytest.approx(300, abs=5)
    assert told['semblance_jobs_oldest_waiting_seconds{queue="cpu"}'] == 0


def test_durations_fall_into_cumulative_buckets(scrape):
    """5 s, 45 s and 3 h: by hand 1 within 30 s, 2 within 60 s and within 2 h, 3 in all; 10,850 s together."""
    now = timezone.now()
    for seconds in (5, 45, 10_800):
        JobFactory(method="mask", state=Job.State.DONE, started_at=now - timedelta(seconds=seconds), finished_at=now)
    told = scrape()
    bucket = 'semblance_job_seconds_bucket{{method="mask",le="{}"}}'.format
    assert [told[bucket(le)] for le in (10, 30, 60, 7200, "+Inf")] == [1, 1, 2, 2, 3]
    assert told['semblance_job_seconds_sum{method="mask"}'] == pytest.approx(10_850)
    assert told['semblance_job_seconds_count{method="mask"}'] == 3


def test_failures_repeats_and_reviews_are_counted(scrape):
    JobFactory(method="blur", state=Job.State.FAILED, error="the disk is full", attempts=4)
    RenditionFactory(state=Rendition.State.IN_REVIEW)
    told = scrape()
    assert told['semblance_jobs_ended_total{method="blur",state="failed"}'] == 1
    assert told["semblance_job_attempts_repeated_total{}"] == 3
    assert told["semblance_renditions_in_review{}"] == 1


def test_other_work_is_counted_by_kind(scrape):
    from analysis.models import Measurement

    Measurement.objects.create(recording=RecordingFactory(), state="failed", error="no face")
    told = scrape()
    assert told['semblance_work{kind="measurement",state="failed"}'] == 1
    assert told['semblance_work{kind="measurement",state="queued"}'] == 0
    assert told['semblance_work{kind="lastencode",state="queued"}'] == 0


def test_no_text_of_a_row_is_told(scrape, client):
    JobFactory(method="blur", state=Job.State.FAILED, error="PD-001 has no face")
    body = client.get("/metrics", HTTP_AUTHORIZATION=f"Bearer {TOKEN}").content.decode()
    assert "PD-" not in body


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", TOKEN[:-1], f"Bearer {TOKEN}x", "Bearer é"])
def test_without_the_token_there_is_no_such_page(client, settings, given: str):
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics", HTTP_AUTHORIZATION=given).status_code == 404


def test_without_the_setting_an_empty_token_opens_nothing(client, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer ").status_code == 404


def test_a_scrape_costs_the_same_for_one_and_for_many(scrape, django_assert_max_num_queries):
    JobFactory(state=Job.State.DONE, started_at=timezone.now(), finished_at=timezone.now())
    for method in ("mask", "blur", "pixelate"):
        JobFactory(method=method, state=Job.State.DONE, started_at=timezone.now(), finished_at=timezone.now())
    with django_assert_max_num_queries(15):  # one for each kind of work, and what they share
        scrape()
