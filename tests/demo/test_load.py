"""The load test itself, small: what it counts is what the database holds, and it keeps off what is in use."""

import pytest
from django.core.management import CommandError, call_command

from demo.load import Load, run
from demo.load_study import make_study
from ratings.models import Rating
from tests.factories import CohortFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_the_raters_saved_over_http_is_kept_once(live_server):
    study, passwords = make_study(n_raters=2, n_recordings=3, clip_bytes=300_000)
    report = run(Load(raters=2, seconds=6, every=1, rate=200_000), study, live_server.url, passwords)
    assert (report.errors, report.n_lost, report.n_doubled) == ([], 0, 0)
    assert len(report.saves) == Rating.objects.count() >= 4
    assert report.ranges
    assert report.n_bytes >= 300_000  # a clip is longer than one answer to a range
    told = report.lines()
    assert told[1].split()[:2] == ["saves", str(len(report.saves))]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"url": "https://example.org"}, "this machine"),
        ({"url": "http://127.0.0.1:1", "raters": 1000}, "raters must be 1 to 300"),
    ],
)
def test_it_is_refused_elsewhere_and_without_bounds(options, why):
    with pytest.raises(CommandError, match=why):
        call_command("load", **options)


def test_it_is_refused_where_there_is_something():
    CohortFactory()
    with pytest.raises(CommandError, match="in use"):
        call_command("load", url="http://127.0.0.1:1")
