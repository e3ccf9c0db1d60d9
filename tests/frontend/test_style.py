"""The living page of the design, and the components that it shows."""

from datetime import UTC, date, datetime

import pytest

from accounts.models import Role
from frontend.templatetags.semblance import frame_strip, iso, progress, share, table


@pytest.mark.django_db
def test_the_page_shows_every_component_and_is_there_with_debug_only(sign_in, settings):
    client = sign_in(Role.RATER)
    assert client.get("/style/").status_code == 404
    settings.DEBUG = True
    page = client.get("/style/").content.decode()
    for mark in ("page-header", "panel", "badge warn", "<progress", "table-wrap", "empty", "player", "strip", "figure"):
        assert f'class="{mark}' in page or mark in page, mark


@pytest.mark.django_db
def test_the_glossary_explains_the_words_to_everybody(sign_in):
    page = sign_in(Role.JUDGE).get("/glossary/").content.decode()
    assert "<dt>Certificate</dt>" in page
    assert "not anonymous" in page


def test_moments_stand_with_their_zone_and_days_without(settings):
    settings.TIME_ZONE = "UTC"
    assert ">2026-01-31 14:05\N{NO-BREAK SPACE}UTC<" in iso(datetime(2026, 1, 31, 14, 5, tzinfo=UTC))
    assert iso(date(2026, 1, 31)) == '<time datetime="2026-01-31">2026-01-31</time>'
    assert iso(None) == ""


def test_progress_is_a_bar_with_a_name_and_a_number():
    assert 'aria-label="Rater one"' in progress(3, 12, "Rater one")
    assert "3 of 12" in progress(3, 12, "Rater one")
    assert progress(0, 0, "Rater one") == ""
    assert "42 %" in share(0.42, "Job")
    assert share(None, "Job") == ""


def test_what_users_wrote_is_escaped_in_components():
    assert "&lt;b&gt;" in table("", "<b>")


def test_the_legend_names_decisions_only_where_some_were_made():
    run = {"state": "withheld", "x": 0.0, "width": 100.0, "first": 0, "last": 9}
    told = [one["state"] for one in frame_strip([run], 10, {"withheld": 10})["legend"]]
    assert told == ["covered", "held", "withheld"]
    told = [one["state"] for one in frame_strip([run], 10, {"withheld": 10, "no_face": 4})["legend"]]
    assert told[-1] == "no_face"
