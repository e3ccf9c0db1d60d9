"""The agreement page in a real browser: its figures are drawn and a point leads on; SCREENSHOTS=DIR keeps pictures."""

import pytest

from accounts.models import Role, User
from tests.analysis.rated import rated_study
from tests.analysis.runs import computed_run
from tests.factories import UserFactory
from tests.ratings.test_study_browser import accessible, picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DRAWN = "[...document.querySelectorAll('[data-figure]')].every((place) => place.querySelector('.main-svg'))"


@pytest.fixture
def run():
    UserFactory(role=Role.INVESTIGATOR, username="reader")
    return computed_run(rated_study(10, n_raters=3), parameters={"rounds": 200})


def test_figures_are_drawn_and_a_point_leads_to_the_participant(run, live_server, sign_in, chromium):
    cookie = sign_in(User.objects.get(username="reader")).cookies["sessionid"].value
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page, complaints = context.new_page(), []
    page.set_default_timeout(60_000)
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"/runs/{run.pk}/agreement/")
    n_figures = page.locator("[data-figure]").count()
    page.wait_for_function(DRAWN)
    assert n_figures == 12
    accessible(page)
    picture(page, "agreement-light")
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(500)
    picture(page, "agreement-dark")
    page.emulate_media(media="print", color_scheme="light")
    picture(page, "agreement-print")
    page.emulate_media(media="screen")
    point = page.locator("[data-figure^=limits] .points path").first
    point.hover(force=True)  # Plotly knows a click by the point that it hovers
    page.wait_for_timeout(300)
    point.click(force=True)
    page.wait_for_url("**/participants/**")
    accessible(page)
    picture(page, "agreement-participant")
    assert not complaints
    context.close()
