"""What stands around the rating, in a real browser: adjudication, the debrief, and what the results say of both."""

import pytest

from accounts.models import Role
from ratings import key, services
from ratings.models import Guess, Study, StudyRater
from tests.factories import UserFactory
from tests.ratings.build import make_raters, rate_all
from tests.ratings.desk_browser import filmed_draft, picture, watched

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def rated() -> Study:
    """Two raters are done; on one original they are two points apart."""
    draft = filmed_draft()
    Study.objects.filter(pk=draft.pk).update(protocol=draft.protocol | {"debrief_videos": 2})
    StudyRater.objects.create(study=draft, rater=make_raters(1)[0], number=2)
    study = services.open_study(study=Study.objects.get(pk=draft.pk), actor=None)
    first, versions = study.places.get(number=1).rater, key.versions_of(study.pk)
    disputed = study.cohort.recordings.first()

    def score(shown) -> int:
        return 3 if shown.rater == first and shown.recording == disputed and versions[shown.pk].is_original else 1

    rate_all(study, score)
    return study


def test_what_raters_differ_on_is_shown_again_and_what_they_took_it_for_is_asked(browse, rated):
    from playwright.sync_api import expect

    outsider = UserFactory(role=Role.RATER, first_name="Ada", last_name="Outside")
    staff = UserFactory(role=Role.ADMINISTRATOR)
    page = browse(staff)
    page.goto(f"/studies/{rated.pk}/")
    page.get_by_role("link", name="Monitor").click()
    page.get_by_label("Rater").select_option(label="Ada Outside")
    page.get_by_role("button", name="Name as adjudicator").click()
    page.get_by_role("button", name="Show what raters differ on").click()
    expect(page.get_by_text("1 video is shown to an adjudicator.")).to_be_visible()
    picture(page, "monitor-adjudication")

    desk = browse(outsider)
    desk.goto("/rate/")
    desk.get_by_role("link", name="Continue").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("1 of 1")
    watched(desk)
    for number in (0, 1):
        desk.locator("[data-item]").nth(number).get_by_role("button", name="2").click()
    expect(desk.locator("#next")).to_be_enabled()
    desk.locator("#next").click()
    desk.get_by_text("Have you seen this person before?").wait_for()
    desk.keyboard.press("n")
    expect(desk.get_by_text("Everything is rated. Thank you.")).to_be_visible()

    rater = browse(rated.places.get(number=1).rater)
    rater.goto("/rate/")
    rater.get_by_role("link", name="After the ratings").click()
    picture(rater, "debrief-before")
    rater.get_by_role("button", name="Begin the questions").click()
    for number in (1, 2):
        expect(rater.get_by_role("heading", level=1)).to_have_text(f"After the ratings · {number} of 2")
        rater.get_by_label("De-identified").check()
        rater.get_by_role("button", name="Answer").click()
        expect(rater.get_by_role("alert")).to_contain_text("Say how sure you are.")
        picture(rater, "debrief-refused")
        rater.get_by_label("4").check()
        rater.get_by_role("button", name="Answer").click()
    expect(rater.get_by_text("All questions are answered. Thank you.")).to_be_visible()
    assert set(Guess.objects.values_list("taken_for", "confidence")) == {("changed", 4)}

    services.close_study(study=rated, actor=staff)
    page.goto(f"/results/{rated.pk}/")
    expect(page.get_by_role("heading", name="Adjudicated scores")).to_be_visible()
    expect(page.get_by_role("heading", name="What raters took the videos for")).to_be_visible()
    picture(page, "results-around")
    assert [told for told in page.complaints if "422" not in told] == []
