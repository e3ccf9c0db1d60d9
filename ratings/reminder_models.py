"""Reminders: which were sent, and who does not want any."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Reminder(models.Model):
    """That a mail told a user of videos which wait in this study. One mail may stand for several studies."""

    study = models.ForeignKey("ratings.Study", on_delete=models.PROTECT, related_name="reminders")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    n_waiting = models.PositiveIntegerField()
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "-sent_at"], name="reminder_newest")]
        constraints = [models.CheckConstraint(name="reminder_of_something", condition=models.Q(n_waiting__gte=1))]

    def __str__(self) -> str:
        return f"reminder of user {self.user_id} in study {self.study_id}"


class ReminderRefusal(models.Model):
    """A user who wants no reminders. Without a row they come, where there is an address."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"no reminders for user {self.user_id}"
