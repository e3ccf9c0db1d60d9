"""No rating is lost: the outbox in a real browser that reloads, goes offline, signs out, and has two tabs."""

import os
import random
import re

import pytest

from ratings import services
from ratings.models import Acquaintance, Rating
from tests.factories import PASSWORD
from tests.ratings.build import make_raters
from tests.ratings.desk_browser import answer_unsure, change, filmed_draft, saved, watched

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STEPS = int(os.environ.get("OUTBOX_STEPS", "15"))


def offline(page, off=True):
    page.context.set_offline(off)


def sign_out(page):
    """In another tab: the desk is not told."""
    other = page.context.new_page()
    other.goto("/rate/")
    other.get_by_role("button", name="Sign out").click()
    other.get_by_label("Password").wait_for()
    other.close()


def sign_in_again(page, password=PASSWORD):
    page.get_by_role("dialog", name="You are signed out").wait_for()
    page.get_by_role("dialog").get_by_label("Password").fill(password)
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()


def kept(page, n):
    page.locator("#status", has_text=f"kept in this browser, not yet sent ({n})").wait_for()


def scores():
    return list(Rating.objects.order_by("id").values_list("score", flat=True))


@pytest.fixture
def study():
    return services.open_study(study=filmed_draft(), actor=None)


@pytest.fixture
def page(browse, study):
    """The first presentation, watched."""
    page = browse(study.raters.get())
    page.goto("/rate/next/")
    watched(page)
    return page


def test_what_the_server_did_not_get_is_not_called_saved_and_survives_a_reload(page):
    page.context.route("**/api/presentations/**", lambda route: route.abort())
    page.keyboard.press("3")
    kept(page, 1)
    page.reload()
    kept(page, 1)
    assert page.locator("[aria-pressed=true]").inner_text().split() == ["3", "moderate"]
    assert scores() == []
    page.context.unroute("**/api/presentations/**")
    saved(page)
    assert scores() == [3]
    assert "saved" in page.locator("#status").inner_text()


def test_an_answer_whose_receipt_was_lost_is_one_row(page):
    lost = []

    def lose_the_first_receipt(route):
        if lost or route.request.method != "POST":
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    page.route("**/api/presentations/*/ratings/", lose_the_first_receipt)
    page.keyboard.press("3")
    saved(page)
    assert (lost, scores()) == ([201], [3])


def test_answers_given_offline_arrive_in_their_order_once_the_network_is_back(page):
    offline(page)
    page.keyboard.press("1")
    page.keyboard.press("ArrowLeft")
    change(page, "2", "slip")
    answer_unsure(page, "3")
    kept(page, 3)
    page.keyboard.press("Enter")
    page.keyboard.press("y")
    kept(page, 4)
    offline(page, False)
    page.get_by_role("heading", name="2 of 4").wait_for()
    assert [(r.score, r.reason, r.change_reason) for r in Rating.objects.order_by("id")] == [
        (1, "", ""),
        (2, "", "slip"),
        (None, "artefact", ""),
    ]
    assert Rating.objects.get(score=2).replaces.score == 1
    assert Acquaintance.objects.get().seen_before


def test_a_rater_who_is_signed_out_signs_in_without_leaving_the_page(page):
    sign_out(page)
    page.keyboard.press("2")
    sign_in_again(page, "not my password")
    page.get_by_text("The password is not right").wait_for()
    kept(page, 1)
    sign_in_again(page)
    saved(page)
    assert scores() == [2]


def test_what_one_user_left_is_neither_seen_nor_sent_by_another(page, study):
    sign_out(page)
    page.keyboard.press("2")
    page.get_by_role("dialog").wait_for()
    page.goto("/account/login/")
    sign_in_as(page, make_raters(1)[0])
    page.goto("/rate/")
    page.get_by_text("No study is open for you").wait_for()
    assert page.locator("#outbox").is_hidden()
    assert scores() == []
    page.get_by_role("button", name="Sign out").click()
    sign_in_as(page, study.raters.get())
    page.goto("/rate/")
    page.locator("#outbox").wait_for(state="hidden")
    page.goto("/rate/next/")
    page.locator("#desk[data-ready]").wait_for()
    assert scores() == [2]


def sign_in_as(page, user):
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def test_two_tabs_agree_on_what_counts(page):
    other = page.context.new_page()
    other.goto(page.url)
    watched(other)
    page.keyboard.press("1")
    other.locator("[data-item=facial_expression] [data-key='1'][aria-pressed=true]").wait_for()
    other.keyboard.press("ArrowLeft")
    change(other, "4", "second_look")
    page.locator("[data-item=facial_expression] [data-key='4'][aria-pressed=true]").wait_for()
    saved(page)
    assert scores() == [1, 4]


def test_who_answers_on_a_second_device_too_late_is_told_what_counts(page, browse, study):
    other = browse(study.raters.get())
    other.goto(page.url)
    watched(other)
    offline(page)
    page.keyboard.press("1")
    kept(page, 1)
    other.keyboard.press("3")
    saved(other)
    offline(page, False)
    page.locator("#status", has_text="on another device; what counts: 3. Not kept: 1.").wait_for()
    page.locator("[data-item=facial_expression] [data-key='3'][aria-pressed=true]").wait_for()
    assert scores() == [3]


class Walk:
    """Random steps of one rater at one presentation; what was pressed last must be what the server has in the end."""

    def __init__(self, page, seed):
        self.page, self.rng = page, random.Random(seed)  # noqa: S311 - steps, not secrets
        self.given, self.off = 0, False

    def step(self):
        steps = [self.answer, self.answer, self.answer, self.reload, self.back, self.double, self.network,
                 self.second_tab, self.leave_session]  # fmt: skip
        self.rng.choice(steps)()

    def answer(self, twice=False, anew=False):
        """A key, and the reason where one is asked; it counts when the item shows another answer than before."""
        page, item = self.page, self.rng.choice(["facial_expression", "rest_tremor_lip_jaw"])
        row = page.locator(f"[data-item={item}]")
        pressed = row.locator("[aria-pressed=true]")
        before = pressed.get_attribute("data-key") if pressed.count() else None
        score = self.rng.choice([key for key in "01234" if not anew or key != before])
        (row.locator(f"[data-key='{score}']").dblclick if twice else row.locator(f"[data-key='{score}']").click)()
        if before is not None and before != score:
            page.locator("#prompt:visible").wait_for()
            page.keyboard.press(self.rng.choice("123"))
        row.locator(f"[data-key='{score}'][aria-pressed=true]").wait_for()
        page.locator("#prompt").wait_for(state="hidden")
        self.given += before != score

    def double(self):
        self.answer(twice=True)

    def reload(self):
        if not self.off:
            self.open(self.page.reload)

    def back(self):
        if not self.off:
            self.page.goto("/rate/")
            self.open(self.page.go_back)

    def open(self, how):
        how()
        self.page.locator("#desk[data-ready]").wait_for()

    def network(self):
        self.off = not self.off
        offline(self.page, self.off)

    def second_tab(self):
        """Another tab answers and is closed."""
        if self.off:
            return
        first, self.page = self.page, self.page.context.new_page()
        self.page.goto(self.address)
        self.page.locator("#desk[data-ready]").wait_for()
        self.answer()
        self.page.close()
        self.page = first
        self.page.bring_to_front()
        self.settle()

    def leave_session(self):
        if not self.off:
            self.settle()
            sign_out(self.page)
            self.answer(anew=True)
            sign_in_again(self.page)
            self.page.get_by_role("dialog").wait_for(state="hidden")

    def settle(self):
        if self.off:
            self.network()
        self.page.locator("#status:not(:has-text('not yet sent'))").wait_for(state="attached")


def test_a_random_walk_loses_and_doubles_nothing(page):
    """OUTBOX_STEPS=60 walks further; OUTBOX_SEED another way."""
    walk = Walk(page, os.environ.get("OUTBOX_SEED", "8"))
    walk.address = page.url
    receipts = set()
    page.context.on("response", lambda response: receipts.add(response.request.post_data_json["client_id"])
                    if response.request.method == "POST" and response.url.endswith("/ratings/") and response.ok
                    else None)  # fmt: skip
    page.keyboard.press("0")
    walk.given = 1
    for _ in range(STEPS):
        walk.step()
    walk.settle()
    walk.answer(anew=True)
    saved(page)
    rows = [str(pk) for pk in Rating.objects.values_list("client_id", flat=True)]
    assert receipts <= set(rows), "what was acknowledged is there"
    assert len(rows) == walk.given, "and every answer that was given, once"
    shown = {
        item.get_attribute("data-item"): item.locator("[aria-pressed=true]").get_attribute("data-key")
        for item in page.locator("[data-item]").all()
        if item.locator("[aria-pressed=true]").count()
    }
    current = Rating.objects.filter(replaced_by__isnull=True)
    assert shown == {rating.item: str(rating.score) for rating in current}
    assert re.match(r"saved at \d\d:\d\d:\d\d", page.locator("#status").inner_text())
