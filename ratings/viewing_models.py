"""How raters looked: what their browser tells, what the server sent, and the equipment of a session."""

from functools import reduce
from operator import and_
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import BooleanField, F, Func, Q
from django.utils.translation import gettext_lazy as _

DAY = 24 * 3600 * 1000  # milliseconds
MOST_PARTS = 200  # of a video that one batch may name
# Most of each number that a batch tells. Times are milliseconds, of the video's own time in `length`.
MOST = {
    "length": DAY, "plays": 10_000, "loops": 10_000, "hidden": DAY, "stalls": 10_000, "stalled": DAY,
    "frames": 10_000_000, "dropped": 10_000_000, "silent": DAY, "full_screen": DAY,
    "window_width": 100_000, "window_height": 100_000,
}  # fmt: skip


def _within(most: dict[str, int]) -> Q:
    return reduce(and_, (Q(**{f"{name}__gte": 0, f"{name}__lte": limit}) for name, limit in most.items()))


class AllWithin(Func):
    """Whether every number of an array, however deep, lies between 0 and a day; true of an empty one."""

    template = f"(0 <= ALL (%(expressions)s) AND {DAY} >= ALL (%(expressions)s))"
    output_field = BooleanField()

    def as_sql(self, *args: Any, **extra: Any) -> Any:
        sql, params = super().as_sql(*args, **extra)
        return sql, (*params, *params)  # the expression stands there twice


class Viewing(models.Model):
    """One batch of what a rater's browser saw of one look at a presentation. Rows are only added.

    A look is one opening of the desk; its batches are counted from 1 and tell what happened since the one before.
    """

    presentation = models.ForeignKey("ratings.Presentation", on_delete=models.PROTECT, related_name="viewings")
    look = models.UUIDField(help_text="given by the rater's browser")
    sequence = models.PositiveIntegerField()
    length = models.IntegerField(help_text="of the video; 0 while it is not known")
    played = ArrayField(
        ArrayField(models.IntegerField(), size=3), default=list, blank=True, help_text="from, to, speed in per cent"
    )
    plays = models.IntegerField(default=0, help_text="that reached the end")
    loops = models.IntegerField(default=0)
    hidden = models.IntegerField(default=0, help_text="while it played in a tab that was not seen")
    stalls = models.IntegerField(default=0)
    stalled = models.IntegerField(default=0)
    frames = models.IntegerField(default=0)
    dropped = models.IntegerField(default=0)
    silent = models.IntegerField(default=0, help_text="while it played muted although sound is asked")
    full_screen = models.IntegerField(default=0)
    window_width = models.IntegerField()
    window_height = models.IntegerField()
    failed = models.BooleanField(default=False, help_text="the browser could not play it")
    told_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["look", "sequence"], name="viewing_batch_once"),
            models.CheckConstraint(name="viewing_numbers", condition=_within(MOST) & Q(sequence__gte=1)),
            models.CheckConstraint(name="viewing_parts_few", condition=Q(played__len__lte=MOST_PARTS)),
            models.CheckConstraint(name="viewing_parts_within_a_day", condition=AllWithin(F("played"))),
        ]

    def __str__(self) -> str:
        return f"look {self.look}, batch {self.sequence}"


class VideoSent(models.Model):
    """Bytes of a presentation's file that were handed out in one answer: the second witness. Rows are only added."""

    presentation = models.ForeignKey("ratings.Presentation", on_delete=models.PROTECT, related_name="sent")
    first_byte = models.BigIntegerField()
    n_bytes = models.BigIntegerField()
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="videosent_counts", condition=Q(first_byte__gte=0, n_bytes__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.n_bytes} bytes from {self.first_byte}"


class EquipmentCheck(models.Model):
    """Screen and sound of a rater at the beginning of a session: asked once, and passed or a problem stated."""

    class Sound(models.TextChoices):
        NOT_ASKED = "not_asked", _("not asked")
        HEARD = "heard", _("both sides heard")
        NOT_HEARD = "not_heard", _("not heard rightly")

    STEPS = 5  # shown on black, and on white
    ENOUGH_STEPS = 4
    LEAST_WIDTH, LEAST_HEIGHT = 600, 500

    study = models.ForeignKey("ratings.Study", on_delete=models.PROTECT, related_name="equipment_checks")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    session = models.PositiveSmallIntegerField()
    sound = models.CharField(max_length=10, choices=Sound.choices)
    dark_steps = models.PositiveSmallIntegerField(help_text="grey squares seen on black")
    light_steps = models.PositiveSmallIntegerField(help_text="grey squares seen on white")
    plays_video = models.BooleanField()
    window_width = models.PositiveIntegerField()
    window_height = models.PositiveIntegerField()
    problem = models.CharField(max_length=300, blank=True)
    checked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "rater", "session"], name="equipmentcheck_once"),
            models.CheckConstraint(
                name="equipmentcheck_numbers",
                condition=Q(dark_steps__lte=5, light_steps__lte=5)
                & Q(window_width__lte=100_000, window_height__lte=100_000),
            ),
            models.CheckConstraint(
                name="equipmentcheck_passed_or_problem",
                condition=~Q(problem="")
                | ~Q(sound="not_heard")
                & Q(plays_video=True, dark_steps__gte=4, light_steps__gte=4, window_width__gte=600,
                    window_height__gte=500),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"equipment in session {self.session}"

    @property
    def passed(self) -> bool:
        """Nothing is wrong with it; a stated problem lets a rater go on all the same."""
        return (
            self.sound != self.Sound.NOT_HEARD
            and self.plays_video
            and min(self.dark_steps, self.light_steps) >= self.ENOUGH_STEPS
            and self.window_width >= self.LEAST_WIDTH
            and self.window_height >= self.LEAST_HEIGHT
        )
