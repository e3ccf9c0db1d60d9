"""Blinded studies, their raters, presentations and ratings."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.models import Cohort
from deid.models import Rendition
from ratings.items import ITEMS, SEVERITIES


class Study(models.Model):
    """Originals and de-identified renditions of one cohort, shuffled together and rated blindly."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    name = models.CharField(_("name"), max_length=80, unique=True)
    cohort = models.ForeignKey(Cohort, verbose_name=_("cohort"), on_delete=models.PROTECT, related_name="studies")
    method = models.CharField(_("method"), max_length=40, help_text="of the de-identified arm")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    seed = models.BigIntegerField(help_text="of the raters' orders")
    raters = models.ManyToManyField(settings.AUTH_USER_MODEL, through="StudyRater", related_name="studies")
    investigators = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="StudyMember", through_fields=("study", "user"), related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="study_method_de_identifies", condition=~models.Q(method__in=["", "original"])),
            models.CheckConstraint(
                name="study_state_has_its_times",
                condition=models.Q(state="draft", opened_at__isnull=True, closed_at__isnull=True)
                | models.Q(state="open", opened_at__isnull=False, closed_at__isnull=True)
                | models.Q(state="closed", opened_at__isnull=False, closed_at__isnull=False)
                & models.Q(closed_at__gte=models.F("opened_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StudyRater(models.Model):
    """A rater of a study, and the number that stands for them in its results."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="places")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["study", "rater"], name="studyrater_once"),
            models.UniqueConstraint(fields=["study", "number"], name="studyrater_number_once"),
            models.CheckConstraint(name="studyrater_number_from_one", condition=models.Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"rater-{self.number}"


class StudyMember(models.Model):
    """An investigator who may read a study's results. Removed ones live on in the audit log."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="study_memberships")
    since = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["since", "id"]
        constraints = [models.UniqueConstraint(fields=["study", "user"], name="studymember_once")]

    def __str__(self) -> str:
        return f"{self.user_id} of study {self.study_id}"


class Presentation(models.Model):
    """One blinded showing of one rendition to one rater. Its id is random: a rater sees it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="presentations")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    rendition = models.ForeignKey(Rendition, on_delete=models.PROTECT, related_name="presentations")
    position = models.PositiveIntegerField()
    # The size that is served. Both versions of a recording get the same one: file sizes tell the arm.
    shown_bytes = models.BigIntegerField()
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    # Set when the participant withdrew: shown to nobody any more. Its ratings stay, and count in no result.
    excluded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["study", "rater", "position"]
        constraints = [
            models.UniqueConstraint(fields=["study", "rater", "position"], name="presentation_position_once"),
            models.UniqueConstraint(fields=["study", "rater", "rendition"], name="presentation_rendition_once"),
            models.CheckConstraint(name="presentation_counts", condition=models.Q(position__gte=1, shown_bytes__gte=1)),
            models.CheckConstraint(
                name="presentation_completed_after_start",
                condition=models.Q(completed_at__isnull=True)
                | models.Q(started_at__isnull=False, completed_at__gte=models.F("started_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"presentation {self.pk}"


class Rating(models.Model):
    """One answer to one item. Rows are never changed: the newest of a presentation and item is the current answer."""

    presentation = models.ForeignKey(Presentation, on_delete=models.PROTECT, related_name="ratings")
    item = models.CharField(max_length=30)
    score = models.SmallIntegerField(null=True, blank=True)
    not_sure = models.BooleanField(default=False)
    client_id = models.UUIDField(unique=True, help_text="given by the rater's browser: a repeat is the same answer")
    saved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["presentation", "item", "-id"], name="rating_newest")]
        constraints = [
            models.CheckConstraint(name="rating_item_known", condition=models.Q(item__in=list(ITEMS))),
            models.CheckConstraint(
                name="rating_score_or_not_sure",
                condition=models.Q(not_sure=True, score__isnull=True)
                # Without the null check a missing score makes the condition unknown, and unknown passes.
                | models.Q(not_sure=False, score__isnull=False, score__in=list(SEVERITIES)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {'not sure' if self.not_sure else self.score}"
