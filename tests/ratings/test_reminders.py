"""Reminders: to raters who could go on and have not, not more often than said, and without a word about the study."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from audit.models import Event
from ratings.models import Reminder, Study
from ratings.protocol import Protocol
from ratings.reminder_queries import waiting_for
from ratings.reminder_services import send_reminders
from ratings.tasks import remind
from tests.ratings.build import READY, opened_study, rate, rate_all

pytestmark = pytest.mark.django_db


def days_ago(n: int):
    return timezone.now() - timedelta(days=n)


@pytest.fixture
def study():
    """Open for eight days, nothing rated; the rater has an address."""
    study = opened_study(2)
    Study.objects.update(opened_at=days_ago(8))
    rater = study.raters.get()
    rater.email = "rater@example.org"
    rater.save()
    return study


def test_a_rater_who_could_rate_for_a_week_and_did_not_gets_one_mail(study):
    assert send_reminders() == 1
    (sent,) = mail.outbox
    assert sent.to == ["rater@example.org"]
    assert "4 videos wait" in sent.subject
    assert send_reminders() == 0, "another only after the interval"
    Reminder.objects.update(sent_at=days_ago(7))
    assert send_reminders() == 1


def test_the_mail_tells_neither_study_nor_participant_nor_method(study):
    remind()
    told = mail.outbox[0].subject + mail.outbox[0].body
    codes = study.cohort.participants.values_list("code", flat=True)
    assert not [word for word in (study.name, study.cohort.name, study.method, *codes) if word in told]


def test_with_the_address_of_the_site_the_mail_leads_there(study, settings):
    settings.SITE_URL = "https://rating.example.org"
    send_reminders()
    assert "https://rating.example.org/rate/\n" in mail.outbox[0].body
    assert "https://rating.example.org/rate/reminders/" in mail.outbox[0].body


def test_who_answered_lately_or_has_nothing_left_is_left_in_peace(study):
    rate(study.presentations.first(), "facial_expression", 1)
    assert send_reminders() == 0
    rate_all(study)
    Study.objects.update(opened_at=days_ago(30))
    assert send_reminders() == 0
    assert mail.outbox == []


def test_who_waits_for_the_next_session_is_reminded_only_a_week_after_it_opens():
    study = opened_study(2, protocol=Protocol(**{**READY.to_json(), "gap_days": 14}))
    for presentation in study.presentations.filter(session=0):
        for item in ("facial_expression", "rest_tremor_lip_jaw"):
            rate(presentation, item, 1)

    def waiting(days: float) -> list[int]:
        now = timezone.now() + timedelta(days=days)
        return [one.n for one in waiting_for(study.raters.get(), now, timedelta(days=7))]

    assert [waiting(13), waiting(20), waiting(21.1)] == [[], [], [2]]


def test_nobody_is_mailed_without_an_address_or_against_their_will(study, sign_in):
    client = sign_in(study.raters.get())
    assert client.post("/rate/reminders/", {"email": "rater@example.org"}).status_code == 302
    assert send_reminders() == 0
    assert client.post("/rate/reminders/", {"email": "", "wanted": "yes"}).status_code == 302
    assert send_reminders() == 0
    assert client.post("/rate/reminders/", {"email": "not an address", "wanted": "yes"}).status_code == 422
    assert client.post("/rate/reminders/", {"email": "new@example.org", "wanted": "yes"}).status_code == 302
    assert send_reminders() == 1
    assert mail.outbox[0].to == ["new@example.org"]
    assert "example.org" not in "".join(Event.objects.values_list("note", flat=True)), "addresses are not in the log"


def test_no_days_means_no_reminders(study, settings):
    settings.REMINDER_DAYS = 0
    assert send_reminders() == 0


class Broken(EmailBackend):
    def send_messages(self, messages):
        raise SMTPServerDisconnected("please run connect() first")


def test_a_mail_that_could_not_be_sent_is_tried_again(study, settings):
    works, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.Broken"
    assert send_reminders() == 0
    assert not Reminder.objects.exists()
    settings.EMAIL_BACKEND = works
    assert send_reminders() == 1
    verbs = Event.objects.filter(verb__startswith="rater.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["rater.reminded", "rater.reminder_failed", "rater.reminded"]
