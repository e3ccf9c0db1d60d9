"""Debrief: after all ratings, which videos a rater is asked about once more, and what they took them for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

LEAST_CONFIDENCE, MOST_CONFIDENCE = 1, 5


class DebriefShowing(models.Model):
    """One video of a rater's debrief, drawn by lot from all they rated. Rows are only ever added."""

    presentation = models.OneToOneField("ratings.Presentation", on_delete=models.PROTECT, related_name="debrief")
    place = models.ForeignKey("ratings.StudyRater", on_delete=models.PROTECT, related_name="debrief")
    position = models.PositiveIntegerField()
    drawn_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["place", "position"]
        constraints = [
            models.UniqueConstraint(fields=["place", "position"], name="debriefshowing_position_once"),
            models.CheckConstraint(name="debriefshowing_from_one", condition=models.Q(position__gte=1)),
        ]

    def __str__(self) -> str:
        return f"debrief {self.position} of rater {self.place_id}"


class Guess(models.Model):
    """What a rater took one video for, and how sure they were. Given once, never changed."""

    class Taken(models.TextChoices):
        FILMED = "filmed", _("Original")
        CHANGED = "changed", _("De-identified")
        UNKNOWN = "unknown", _("I do not know")

    showing = models.OneToOneField(DebriefShowing, on_delete=models.PROTECT, related_name="guess")
    taken_for = models.CharField(_("what it was"), max_length=10, choices=Taken.choices)
    # 1 a mere guess, 5 certain; none where the rater does not know.
    confidence = models.PositiveSmallIntegerField(_("how sure"), null=True, blank=True)
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="guess_confidence_where_one_was_made",
                condition=models.Q(taken_for="unknown", confidence__isnull=True)
                | models.Q(
                    taken_for__in=["filmed", "changed"],
                    confidence__isnull=False,
                    confidence__gte=LEAST_CONFIDENCE,
                    confidence__lte=MOST_CONFIDENCE,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"guess {self.pk}"
