"""The desk and the figure in a real browser, under the real content security policy."""

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.models import Role
from ratings import member_services, practice_services, services, viewing_queries
from ratings.models import EquipmentCheck, PracticeAnswer, Presentation, Rating, VideoSent, Viewing
from tests.factories import UserFactory
from tests.ratings.build import READY, rate_all
from tests.ratings.desk_browser import answer_unsure, change, filmed_draft, picture, saved, watched

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft():
    return filmed_draft()


@pytest.fixture
def study(draft):
    return services.open_study(study=draft, actor=None)


def opened(**protocol):
    return services.open_study(study=filmed_draft(replace(READY, **protocol)), actor=None)


def test_practice_tells_the_reference_after_each_answer(browse, draft):
    from playwright.sync_api import expect

    practice_services.add_case(
        study=draft, recording=draft.cohort.recordings.last(), version="mask", explanation="Few blinks.",
        reference={"facial_expression": 3, "rest_tremor_lip_jaw": 0}, actor=UserFactory(role=Role.ADMINISTRATOR),
    )  # fmt: skip
    page = browse(services.open_study(study=draft, actor=None).raters.get())
    page.goto("/rate/next/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Practice · 1 of 1")
    watched(page)
    told = page.locator(".reference")
    assert (told.all_inner_texts(), page.locator("#explanation").inner_text()) == (["", ""], "")
    page.keyboard.press("1")
    expect(told.first).to_have_text("Reference: 3 moderate")
    assert (told.last.inner_text(), page.locator("#explanation").inner_text()) == ("", "")
    answer_unsure(page)
    expect(page.locator("#explanation")).to_have_text("Few blinks.")
    assert told.all_inner_texts() == ["Reference: 3 moderate", "Reference: 0 normal"]
    picture(page, "practice")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 of 2")
    assert page.complaints == []
    assert PracticeAnswer.objects.count() == 2


def test_a_rater_goes_through_a_study_without_a_mouse(browse, study):
    page = browse(study.raters.get())
    page.goto("/rate/")
    page.get_by_role("link", name="Continue").focus()
    page.keyboard.press("Enter")
    for position in range(1, 5):
        page.get_by_role("heading", name=f"{position} of 4").wait_for()
        watched(page)
        page.keyboard.press("2")
        answer_unsure(page)
        saved(page)
        page.keyboard.press("Enter")
        page.get_by_text("Have you seen this person before?").wait_for()
        page.keyboard.press("n")
    page.get_by_text("Everything is rated").wait_for()
    assert Presentation.objects.filter(completed_at__isnull=False).count() == 4
    assert sorted(Rating.objects.values_list("score", "not_sure"), key=str) == [(2, False)] * 4 + [(None, True)] * 4
    assert page.complaints == []


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (768, 1024), (390, 844)])
def test_every_control_is_large_and_on_the_screen(browse, study, width, height):
    page = browse(study.raters.get())
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/rate/next/")
    for control in page.locator("#desk button:visible, #desk nav a:visible").all():
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_figure_is_drawn_under_the_policy(browse, study):
    rate_all(study)
    services.close_study(study=study, actor=None)
    reader = UserFactory(role=Role.INVESTIGATOR)
    member_services.add_member(study=study, user=reader, actor=None)
    page = browse(reader)
    page.goto(f"/results/{study.pk}/")
    page.locator(".figure .bars .point").first.wait_for(state="attached")
    assert "n = 2" in page.locator(".figure .legend").text_content()
    assert page.complaints == []


def wrong(page):
    """What axe finds."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in found]


@pytest.mark.parametrize(("name", "width", "height"), [("desktop", 1280, 800), ("tablet", 768, 1024)])
def test_the_desk_its_questions_and_dialogs_are_for_everybody(browse, name, width, height):
    """All tools, anchor texts and a scale; before, while and after answering."""
    texts = [f"Text of the licensed scale for score {score}, as long as such texts are." for score in range(5)]
    study = opened(
        viewing_tools=("loop", "speed", "frames"), scale_percent=400, anchors={"facial_expression": texts},
        anchors_licence="a licence",
    )  # fmt: skip
    page = browse(study.raters.get())
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/rate/next/")
    picture(page, f"desk-{name}-closed")
    watched(page)
    looks = [wrong(page)]
    page.keyboard.press("2")
    page.keyboard.press("ArrowLeft")
    picture(page, f"desk-{name}-answered")
    page.keyboard.press("n")
    page.get_by_text("Not sure: why?").wait_for()
    looks.append(wrong(page))
    picture(page, f"desk-{name}-unsure")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.locator("#prompt textarea").fill("The left corner of the mouth lags.")
    looks.append(wrong(page))
    picture(page, f"desk-{name}-comment")
    page.keyboard.press("Enter")
    page.locator(".said", has_text="The left corner").wait_for()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard").wait_for()
    looks.append(wrong(page))
    picture(page, f"desk-{name}-keys")
    assert looks == [[]] * 4
    assert page.complaints == []


def test_scoring_opens_after_one_full_play(browse, study):
    page = browse(study.raters.get())
    page.goto("/rate/next/")
    page.locator("#desk[data-ready]").wait_for()
    page.keyboard.press("3")
    assert page.locator("[data-key]:enabled").count() == 0
    watched(page)
    page.keyboard.press("3")
    saved(page)
    page.reload()
    page.locator("#desk[data-ready]").wait_for()
    page.keyboard.press("1")
    saved(page)
    assert sorted(Rating.objects.values_list("score", flat=True)) == [1, 3], "seen before: it stays open"


def test_a_video_that_will_not_play_can_be_answered_with_just_that(browse, study):
    page = browse(study.raters.get())
    page.route("**/video?look=*", lambda route: route.abort())
    page.goto("/rate/next/")
    page.get_by_text("cannot be played").wait_for()
    page.keyboard.press("3")
    answer_unsure(page, "1")
    assert page.locator("#prompt").is_visible(), "no other reason is possible"
    page.keyboard.press("4")
    saved(page)
    assert Rating.objects.get().reason == "would_not_play"


def test_a_change_is_asked_why_by_one_key(browse, study):
    page = browse(study.raters.get())
    page.goto("/rate/next/")
    watched(page)
    page.keyboard.press("3")
    page.keyboard.press("ArrowLeft")
    change(page, "1", "second_look")
    page.locator("[data-item=facial_expression] [data-key='1'][aria-pressed=true]").wait_for()
    saved(page)
    assert [(r.score, r.change_reason) for r in Rating.objects.order_by("id")] == [(3, ""), (1, "second_look")]


def test_what_was_seen_is_told_and_the_server_bears_witness(browse, study):
    page = browse(study.raters.get())
    page.goto("/rate/next/")
    watched(page)
    page.keyboard.press("3")
    answer_unsure(page)
    page.keyboard.press("Enter")
    page.keyboard.press("y")
    page.get_by_role("heading", name="2 of 4").wait_for()
    page.locator("#desk[data-ready]").wait_for()
    first = study.presentations.get(position=1)
    for _ in range(100):
        if Viewing.objects.filter(presentation=first).exists():
            break
        page.wait_for_timeout(100)
    seen = viewing_queries.of_presentation(first)
    assert (seen.plays, seen.flags, seen.window) == (1, (), (1280, 800))
    assert seen.share > 0.98
    assert seen.frames > 0
    assert VideoSent.objects.filter(presentation=first).exists()


def test_tools_work_by_key_where_the_protocol_enables_them(browse):
    page = browse(opened(viewing_tools=("loop", "speed", "frames"), scale_percent=400).raters.get())
    page.goto("/rate/next/")
    watched(page)
    page.keyboard.press("-")
    page.get_by_text("0.5×").wait_for()
    video = page.locator("#video")
    assert video.evaluate("video => [video.playbackRate, video.clientWidth]") == [0.5, 256]
    assert page.locator(".scale-bar").evaluate("bar => bar.clientWidth") == 400
    at = video.evaluate("video => video.currentTime")
    page.keyboard.press(",")
    assert at - video.evaluate("video => video.currentTime") == pytest.approx(0.04, abs=0.005)
    page.keyboard.press("l")
    assert page.get_by_role("button", name="Loop").get_attribute("aria-pressed") == "true"


def test_screen_and_sound_are_checked_by_keyboard_before_the_first_video(browse):
    page = browse(opened(equipment_check=True, with_sound=("facial_expression", "speech")).raters.get())
    page.goto("/rate/next/")
    page.get_by_text("It plays.").wait_for()
    picture(page, "equipment")
    assert wrong(page) == []
    for label, key in (("Squares that you see on black", "5"), ("Squares that you see on white", "4")):
        page.get_by_label(label).focus()
        page.keyboard.press(key)
    sides = [("Left", "Right"), ("Right", "Left")]
    for order in sides:  # the right order is by lot
        for side in order:
            page.get_by_role("button", name="Play a tone").press("Enter")
            page.get_by_role("button", name=side).press("Enter")
            if "other side" in page.locator("#sound-state").inner_text():
                break
        if "Both sides" in page.locator("#sound-state").inner_text():
            break
    page.get_by_role("button", name="Go on").press("Enter")
    page.get_by_role("heading", name="1 of 4").wait_for()
    check = EquipmentCheck.objects.get()
    assert (check.sound, check.dark_steps, check.light_steps, check.window_width) == ("heard", 5, 4, 1280)
    assert check.passed
