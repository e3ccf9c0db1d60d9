"""Adjudication: who is shown again what the raters differ on, and on which items they differed."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from ratings.items import CODE


class Adjudicator(models.Model):
    """A rater whom the coordinator named for a study. Where they differed themselves they are not asked."""

    study = models.ForeignKey("ratings.Study", on_delete=models.PROTECT, related_name="adjudicators")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    named_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["study", "user"], name="adjudicator_once")]

    def __str__(self) -> str:
        return f"adjudicator {self.user_id} of study {self.study_id}"


class Adjudication(models.Model):
    """An item on which raters of one version differed, and the presentation that shows this version once more.

    The presentation asks all items of its recording, as every other; only the answer to this item is used. It stands
    beside the raters' scores. Which version it is, and whose scores differed, is not here: the key tells both.
    """

    presentation = models.ForeignKey("ratings.Presentation", on_delete=models.PROTECT, related_name="adjudications")
    item = models.CharField(max_length=30)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["presentation", "item"], name="adjudication_item_once"),
            models.CheckConstraint(name="adjudication_item_form", condition=models.Q(item__regex=CODE)),
        ]

    def __str__(self) -> str:
        return f"{self.item} of {self.presentation_id}"
