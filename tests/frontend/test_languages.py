"""Each user reads the pages in the language they chose: before signing in, after it, on every page of every role."""

import json
import re
import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import localize
from django.utils.html import escape

from accounts.models import Role
from cohorts.models import Upload
from cohorts.upload_checks import check_upload
from cohorts.upload_services import receive_upload
from deid.models import Job
from frontend import catalogue
from frontend.told import told
from ratings.protocol import ESTIMAND
from tests.access_table import ALLAUTH, LINKED, ROLES, TABLE
from tests.config.test_access import World
from tests.factories import CohortFactory, JobFactory, ParticipantFactory, RecordingFactory, UserFactory
from tests.ratings.build import READY, closed_study, opened_study

CHINESE = "zh-hans"
# Not words of ours, or the same in every language.
NAMES = (
    r"manage\.py models [\w, ]+", r"manage\.py build_training_set",  # commands
    r"\w+\.\w+ [0-9a-f]{8}-[0-9a-f-]{27}",  # what an event is about; an id may begin like a word
    "Face Research Lab London Set", "CC BY", "Site A", "manage py", "verify audit", "py verify", "faster crf",
    re.escape(escape(ESTIMAND)), READY.margin_reason, "a finding in the video",  # what users wrote
)  # fmt: skip

DOCUMENTS = {"analysis:report_html"}  # the same bytes for everybody, in the language of papers


def choose(client: Client, language: str, **more: str):
    return client.post(reverse("accounts:language"), {"language": language, **more})


# ---- choosing ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_visitor_chooses_before_signing_in_and_comes_back_to_the_page():
    client, page = Client(), reverse("account_login")
    assert '<html lang="en">' in client.get(page).content.decode()
    answer = choose(client, CHINESE, next=page)
    assert (answer.status_code, answer.url) == (302, page)
    shown = client.get(page)
    assert '<html lang="zh-hans">' in shown.content.decode()
    assert "用户名" in shown.content.decode()
    assert shown.headers["Content-Language"] == CHINESE


@pytest.mark.django_db
def test_a_choice_is_kept_on_the_account_and_holds_in_another_browser(sign_in):
    rater = UserFactory(role=Role.RATER)
    choose(sign_in(rater), CHINESE)
    rater.refresh_from_db()
    assert rater.language == CHINESE
    elsewhere = sign_in(rater)
    assert "评分" in elsewhere.get(reverse("ratings:desk"), headers={"Accept-Language": "en"}).content.decode()
    choose(elsewhere, "en")
    assert "评分" not in elsewhere.get(reverse("ratings:desk")).content.decode()


@pytest.mark.django_db
def test_without_a_choice_the_browser_is_asked():
    shown = Client().get(reverse("account_login"), headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert "登录" in shown.content.decode()
    other = Client().get(reverse("account_login"), headers={"Accept-Language": "fr"})
    assert "Sign in" in other.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_nobody_is_led_to_another_site(target):
    assert choose(Client(), CHINESE, next=target).url == reverse("home")


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["", "fr", "zh-hant", "../../etc"])
def test_a_language_that_there_is_not_is_refused(language, sign_in):
    user = UserFactory(role=Role.JUDGE)
    assert choose(sign_in(user), language).status_code == 400
    user.refresh_from_db()
    assert user.language == ""


@pytest.mark.django_db
def test_an_answer_to_a_form_offers_no_way_back_to_an_address_that_only_takes_forms(sign_in):
    client = sign_in(Role.COORDINATOR)
    refused = client.post(reverse("cohorts:new"), {"name": ""})
    assert refused.status_code == 422
    assert '<input type="hidden" name="next" value="">' in refused.content.decode()


# ---- pages -------------------------------------------------------------------------------------------------------
def text_nodes(html: str) -> set[str]:
    """What a person reads or is read to: texts, and attributes that are words."""
    html = re.sub(r"<(script|style|template)\b.*?</\1>", " ", html, flags=re.DOTALL)
    attributes = re.findall(r'\b(?:aria-label|alt|placeholder|title)="([^"]*)"', html)
    texts = re.sub(r"<[^>]*>", "\n", html).split("\n")
    return {text.strip() for text in (*texts, *attributes)} - {""}


def english(nodes: set[str], messages: set[str]) -> set[str]:
    """Texts that are messages of the catalogue, or that hold two English words in a row."""
    left = {node: re.sub("|".join(NAMES), "", node) for node in nodes}
    return {node for node, text in left.items() if node in messages or re.search(r"[a-z]{2,} [a-z]{2,}", text)}


@pytest.mark.django_db
def test_no_page_of_any_role_holds_english(sign_in):
    people = {role: UserFactory(role=Role(role)) for role in ROLES}
    world, messages, seen = talkative(World(people)), english_messages(), set()
    for role, user in people.items():
        client = sign_in(user)
        assert choose(client, CHINESE).status_code == 302
        own = [route for route, row in TABLE.items() if row.method == "get" and row.own[role] == 200]
        addresses = {route: world.address(route) for route in own if route not in {*LINKED, *DOCUMENTS}}
        addresses |= {route: reverse(route) for route, (_anonymous, signed) in ALLAUTH.items() if signed == 200}
        for route, address in addresses.items():
            page = client.get(address)
            if "text/html" in page.headers["Content-Type"]:
                assert (role, route, english(text_nodes(page.content.decode()), messages)) == (role, route, set())
                seen.add(route)
    assert len(seen) > 30


def talkative(world: World) -> World:
    """With what workers have kept: why a job and an upload ended, and what another job does now."""
    fresh = RecordingFactory(participant=ParticipantFactory(cohort=world.cohort))
    JobFactory(
        recording=fresh, method="motionmesh", state=Job.State.RUNNING, progress=0.4, stage="looking for faces",
        lease=uuid.uuid4(), lease_until=timezone.now(),
    )  # fmt: skip
    stopped = RecordingFactory(participant=ParticipantFactory(cohort=world.cohort))
    why = "sex must be 'f', 'm' or left out, was 'q': it chooses a donor."
    JobFactory(recording=stopped, method="motionmesh", state=Job.State.FAILED, error=why)
    why = "The file is empty (0 bytes): copy it again from the camera."
    Upload.objects.filter(cohort=world.cohort).update(message=why)
    return world


def english_messages() -> set[str]:
    """Messages that read otherwise in Chinese."""
    made = catalogue.read("zh_Hans")
    return {message.id for message in made if isinstance(message.id, str) and message.string != message.id}


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "status"), [("/nowhere/", 404), ("/people/", 403), ("/invitations/?y=1", 400)])
def test_error_pages_are_translated(address, status, sign_in):
    user = UserFactory(role=Role.COORDINATOR, language=CHINESE)
    page = sign_in(user).get(address)
    assert page.status_code == status
    assert english(text_nodes(page.content.decode()), english_messages()) == set()


@pytest.mark.django_db
def test_refusals_of_forms_are_in_the_language_of_who_sent_them(sign_in):
    client = sign_in(UserFactory(language=CHINESE))
    refused = client.post(reverse("cohorts:participant_new", args=[_own_cohort(client).pk]), {"code": "SMITH-1"})
    assert "以人名开头" in refused.content.decode()


def _own_cohort(client: Client):
    return CohortFactory(coordinators=[client.user])


@pytest.mark.django_db
def test_the_api_speaks_english_unless_another_language_is_asked_for(client):
    refused = client.get(reverse("cohorts-api:cohorts"), headers={"Authorization": "Bearer nothing"})
    assert refused.json()["detail"] == "This token is unknown. Copy it whole, or make a new one."
    asked = {"Authorization": "Bearer nothing", "Accept-Language": "zh-CN"}
    refused = client.get(reverse("cohorts-api:cohorts"), headers=asked)
    assert refused.json()["detail"].startswith("未知的令牌")


# ---- what was kept -----------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_reason_is_kept_in_english_and_shown_in_the_language_of_who_reads(sign_in):
    coordinator = UserFactory(language=CHINESE)
    cohort = CohortFactory(coordinators=[coordinator])
    upload = receive_upload(
        cohort=cohort, code="PD-1", task="speech", content=SimpleUploadedFile("v.mp4", b"no video"), actor=coordinator
    )
    check_upload(upload=upload)
    upload.refresh_from_db()
    assert upload.state == Upload.State.REFUSED
    assert upload.message.startswith("The file is not a video that can be read")
    shown = sign_in(coordinator).get(reverse("cohorts:upload_status", args=[upload.pk])).content.decode()
    assert "该文件不是可读取的视频" in shown
    assert "not a video" not in shown


@pytest.mark.django_db
def test_a_receipt_is_kept_in_english_whoever_withdraws(sign_in):
    coordinator = UserFactory(language=CHINESE)
    participant = ParticipantFactory(cohort=CohortFactory(coordinators=[coordinator]), code="PD-7")
    waiting = Upload.objects.create(cohort=participant.cohort, code="PD-7", task="speech", state=Upload.State.CHECKING)
    client, address = sign_in(coordinator), reverse("cohorts:withdraw", args=[participant.pk])
    assert "隔离区" in client.get(address).content.decode()
    receipt = client.post(address, {"code": "PD-7"}, follow=True).content.decode()
    assert participant.withdrawal.counts == [["Uploads in quarantine that are removed", 1]]
    assert "将被移除的隔离区上传文件" in receipt
    waiting.refresh_from_db()
    assert waiting.message == "The participant has withdrawn."


def pure_sentences() -> list[str]:
    found = (
        catalogue._pure_sentences(path)
        for path in catalogue.sources()
        if path.suffix == ".py" and path.relative_to(catalogue.ROOT).as_posix().startswith(catalogue.PURE)
    )
    return sorted({sentence for sentences in found for sentence in sentences})


def test_every_sentence_that_workers_keep_is_recognised_with_what_stands_in_it():
    sentences = sorted(english_messages().intersection(pure_sentences()))
    assert len(sentences) > 100
    for sentence in sentences:
        names = dict.fromkeys(re.findall(r"%\((\w+)\)s", sentence))
        values = {name: f"{number}{number}.5" for number, name in enumerate(names, start=1)}
        kept = sentence % values if names else sentence.replace("%%", "%")
        with translation.override(CHINESE):
            shown = told(kept)
        assert re.search(r"[\u4e00-\u9fff]", shown), kept
        assert [value for value in values.values() if value not in shown] == [], shown


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("Clip.mp4 is empty (0 bytes): copy it again from the camera.",
         "Clip.mp4 为空（0 字节）：请从摄像机重新复制。"),
        ("The file holds only sound: give a recording with a picture.", "该文件只有声音：请提供有画面的录像。"),
        ("looking for faces", "正在查找面孔"),
        ("Motion mesh", "运动网格"),
        # What people named is theirs, even where it is a word of ours.
        ("Ratings of study “Speech” as CSV: remove the rows of rater-1",
         "研究“Speech”的评分 CSV：请删除 rater-1 的各行"),
        ("PD-1 has no consent for “Sharing of renditions”. Record the signed consent on the participant's page first.",
         "PD-1 没有“共享去标识化版本”的同意。请先在受试者页面登记已签署的同意。"),
        ("A sentence that no catalogue knows.", "A sentence that no catalogue knows."),
        ("", ""),
    ],
)  # fmt: skip
def test_kept_sentences_in_chinese(kept, shown):
    with translation.override(CHINESE):
        assert told(kept) == shown
    assert told(kept) == kept


# ---- numbers and dates -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["en", CHINESE])
def test_dates_stay_iso_and_numbers_plain_in_every_language(language):
    page = Template("{{ day }} {{ n }} {{ share }} {{ share|floatformat:2 }}")
    with translation.override(language):
        assert localize(date(2026, 1, 31)) == "2026-01-31"
        shown = page.render(Context({"day": date(2026, 1, 31), "n": 1234567, "share": 1234.5}))
    assert shown == "2026-01-31 1234567 1234.5 1234.50"


@pytest.mark.django_db
def test_results_are_drawn_in_chinese_and_exported_in_one_language(sign_in):
    study = closed_study(1)
    reader = sign_in(UserFactory(role=Role.ADMINISTRATOR))
    in_english = b"".join(reader.get(reverse("analysis:csv", args=[study.pk])).streaming_content)
    choose(reader, CHINESE)
    page = reader.get(reverse("analysis:study", args=[study.pk])).content.decode()
    figure = json.loads(re.search(r'<script id="deviation" type="application/json">(.*?)</script>', page)[1])
    assert figure["layout"]["yaxis"]["title"]["text"] == "配对所占比例（%）"
    assert figure["data"][0]["name"] == "3.2 面部表情（n = 1）"
    assert english(text_nodes(page), english_messages()) == set()
    assert b"".join(reader.get(reverse("analysis:csv", args=[study.pk])).streaming_content) == in_english


@pytest.mark.django_db
def test_the_desk_in_chinese_speaks_of_no_version_either(sign_in):
    """As tests/ratings/test_blinding.py asks of the English pages."""
    study = opened_study(2)
    rater = sign_in(study.raters.get())
    choose(rater, CHINESE)
    presentation = study.presentations.first()
    for address in (reverse("ratings:desk"), reverse("ratings:presentation", args=[presentation.pk])):
        page = rater.get(address).content.decode()
        assert "评分" in page
        assert [word for word in ("去标识", "原始", "供体", "遮挡", "录像") if word in page] == []
