"""Every write to reminders: the mails, and who wants none."""

import logging
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import audit.services as audit
from accounts.models import User
from accounts.services import change_address
from ratings import reminder_queries
from ratings.models import Reminder, ReminderRefusal

log = logging.getLogger(__name__)


def send_reminders() -> int:
    """One mail to each rater who could go on and has not for `REMINDER_DAYS`; returns how many were sent."""
    if not settings.REMINDER_DAYS:
        return 0
    interval = timedelta(days=settings.REMINDER_DAYS)
    return sum(
        remind(rater=rater, interval=interval) for rater in reminder_queries.candidates(timezone.now(), interval)
    )


def remind(*, rater: User, interval: timedelta) -> bool:
    """Mail one rater; False where nothing waits, or another worker was first.

    It is noted before it is sent, and the note taken back where sending fails: two mails are worse than one that comes
    an hour later.
    """
    sent = _note(rater, interval)
    if not sent:
        return False
    try:
        _send(rater, sum(one.n_waiting for one in sent))
    except (SMTPException, OSError) as error:
        log.warning("the reminder of user %s could not be sent: %s", rater.pk, error)
        _take_back(rater, sent)
        return False
    return True


@transaction.atomic
def _note(rater: User, interval: timedelta) -> list[Reminder]:
    now = timezone.now()
    free = reminder_queries.candidates(now, interval).select_for_update(of=("self",), skip_locked=True)
    if not free.filter(pk=rater.pk).exists():
        return []
    waiting = reminder_queries.waiting_for(rater, now, interval)
    for one in waiting:
        audit.record(actor=None, verb="rater.reminded", target=one.study, note=f"user {rater.pk}")
    return Reminder.objects.bulk_create(
        Reminder(study=one.study, user=rater, n_waiting=one.n, sent_at=now) for one in waiting
    )


@transaction.atomic
def _take_back(rater: User, sent: list[Reminder]) -> None:
    Reminder.objects.filter(pk__in=[one.pk for one in sent]).delete()
    for one in sent:
        audit.record(actor=None, verb="rater.reminder_failed", target=one.study, note=f"user {rater.pk}")


def _send(rater: User, n: int) -> None:
    """Mail travels in the open: it names no study, no participant and nothing that was rated."""
    with translation.override(rater.language or settings.LANGUAGE_CODE):
        told = ngettext("%(n)d video waits for your rating.", "%(n)d videos wait for your rating.", n) % {"n": n}
        if settings.SITE_URL:
            on, end = settings.SITE_URL + reverse("ratings:desk"), settings.SITE_URL + reverse("ratings:reminders")
            ways = _("Go on here: %(on)s\nEnd these reminders here: %(end)s") % {"on": on, "end": end}
        else:
            ways = _("Sign in to go on. The same page ends these reminders.")
        send_mail(told, f"{told}\n\n{ways}\n", settings.DEFAULT_FROM_EMAIL, [rater.email])


@transaction.atomic
def choose_reminders(*, user: User, email: str, wanted: bool) -> None:
    """Where reminders go, and whether any do."""
    change_address(user=user, email=email)
    refused = ReminderRefusal.objects.filter(user=user).exists()
    if wanted and refused:
        ReminderRefusal.objects.filter(user=user).delete()
        audit.record(actor=user, verb="reminders.wanted", target=user)
    elif not wanted and not refused:
        ReminderRefusal.objects.create(user=user)
        audit.record(actor=user, verb="reminders.refused", target=user)
