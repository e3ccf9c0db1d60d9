"""The crawler of upgrade-check finds what it has to find, on a site of a few pages made for it."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from accounts.models import Role
from demo import crawl
from tests.factories import CohortFactory, UserFactory

PAGE = '<a href="/behind/?a=1&amp;b=2">on</a> <img src="/picture/"> <a href="https://elsewhere.example/">out</a>'


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE + "".join(f'<a href="/list/?page={n}">{n}</a>' for n in range(50)))


def behind(request: HttpRequest) -> HttpResponse:
    assert request.GET.dict() == {"a": "1", "b": "2"}
    return HttpResponse("fine")


def picture(request: HttpRequest) -> HttpResponse:
    raise ValueError("a column is gone\nand more")


def no_link_leads_here(request: HttpRequest, pk: int) -> HttpResponse:
    if str(request.user) == "ada":
        raise KeyError(pk)
    return HttpResponse(status=403)


def updating(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=503, headers={"Retry-After": "30"})


@require_POST
def for_forms(request: HttpRequest, pk: int) -> HttpResponse:
    raise AssertionError("the crawler only looks")


urlpatterns = [
    path("", home, name="home"),
    path("behind/", behind, name="behind"),
    path("list/", lambda request: HttpResponse("one of fifty"), name="list"),
    path("picture/", picture, name="picture"),
    path("hidden/<int:pk>/", no_link_leads_here, name="hidden"),
    path("word/<str:word>/", home, name="word"),
    path("updating/", updating, name="updating"),
    path("forms/<int:pk>/", for_forms, name="forms"),
]
handler500 = "tests.demo.test_crawl.plain_500"


def plain_500(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=500)


pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def seen(settings: Any) -> dict[str, crawl.Route]:
    """By one user, and nobody."""
    settings.MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
    settings.ALLOWED_HOSTS = ["localhost"]
    CohortFactory(coordinators=[UserFactory(username="ada", role=Role.COORDINATOR)])
    return crawl.crawl(crawl.clients_of({"ada": crawl.sign_in()["ada"]})).seen


def test_links_are_followed_as_they_are_written(seen):
    assert seen["behind"].statuses == {"200": 2, "500": 2}, "asked for without its words too, where that fails"


def test_pages_that_are_alike_are_not_all_asked_for(seen):
    assert seen["list"].statuses == {"200": 2 * crawl.MOST_OF_A_ROUTE}


def test_an_error_is_told_with_who_and_why(seen):
    assert seen["picture"].errors[-1] == "ada /picture/: 500 ValueError: a column is gone"


def test_what_no_link_leads_to_is_asked_for_with_the_keys_of_rows(seen):
    assert any(error.startswith("ada /hidden/") and "KeyError" in error for error in seen["hidden"].errors)
    assert not any(error.startswith("nobody") for error in seen["hidden"].errors)


def test_the_page_of_an_update_is_no_error(seen):
    assert seen["updating"].statuses == {"503 update": 2}
    assert seen["updating"].errors == []


def test_what_forms_are_sent_to_is_asked_for_once(seen):
    assert seen["forms"].statuses == {"405": 1}
    assert not seen["forms"].is_for_get


def test_everybody_who_may_sign_in_is_signed_in_and_every_role_has_somebody(db):
    UserFactory(username="gone", role=Role.RATER, is_active=False)
    UserFactory(username="rater", role=Role.RATER)
    assert set(crawl.sign_in()) == {"rater"} | {f"crawl-{role}" for role in Role.values if role != Role.RATER}
