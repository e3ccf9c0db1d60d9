"""The append-only log of acts. Rows are written once; triggers refuse changes to any role."""

from django.conf import settings
from django.db import models


class Event(models.Model):
    """Who did what to which object, and when.

    No network address is kept: it is personal data of the user, and of no use against one who holds their session.
    `position`, `previous_hash` and `hash` are set by the database when the transaction commits (see `audit.chain`).
    """

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    verb = models.CharField(max_length=60, db_index=True)
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)
    position = models.BigIntegerField(null=True, unique=True, editable=False)
    previous_hash = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001 - unsealed is not empty
    hash = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["target_type", "target_id"])]
        constraints = [
            models.CheckConstraint(
                name="event_sealed_whole_or_not_at_all",
                condition=models.Q(position__isnull=True, previous_hash__isnull=True, hash__isnull=True)
                | models.Q(position__gte=1, previous_hash__isnull=False, hash__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.verb} {self.target_type} {self.target_id}"
