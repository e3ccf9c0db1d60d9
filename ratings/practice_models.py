"""Practice before a study: cases with known scores, and what raters answered. Kept apart from presentations."""

import uuid
from typing import ClassVar

from django.db import models

from cohorts.models import Recording
from deid.models import Rendition
from ratings.answer_models import Answer


class PracticeCase(models.Model):
    """A recording that raters practise on, in one version, and its reference scores. It is not shown in the study.

    Its id is random: a rater sees it. The file is a copy of its own, made when the study opens.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey("ratings.Study", on_delete=models.PROTECT, related_name="practice_cases")
    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="+")
    version = models.CharField(max_length=40, help_text="“original”, or the method")
    position = models.PositiveSmallIntegerField()
    reference = models.JSONField(help_text="score by item")
    explanation = models.CharField(max_length=400, blank=True)
    rendition = models.ForeignKey(Rendition, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    storage_name = models.CharField(max_length=100, blank=True, default="")
    shown_bytes = models.BigIntegerField(default=0)
    # Set when the participant withdrew: shown to nobody any more.
    excluded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["study", "position"]
        constraints = [
            models.UniqueConstraint(fields=["study", "recording"], name="practicecase_recording_once"),
            models.UniqueConstraint(fields=["study", "position"], name="practicecase_position_once"),
            models.UniqueConstraint(
                fields=["storage_name"], name="practicecase_file_once", condition=~models.Q(storage_name="")
            ),
            models.CheckConstraint(
                name="practicecase_has_a_reference",
                condition=models.Q(position__gte=1) & ~models.Q(version="") & ~models.Q(reference={}),
            ),
            models.CheckConstraint(
                name="practicecase_file_whole_or_not_yet",
                condition=models.Q(rendition__isnull=True, storage_name="", shown_bytes=0)
                | models.Q(rendition__isnull=False, shown_bytes__gte=1) & ~models.Q(storage_name=""),
            ),
        ]

    def __str__(self) -> str:
        return f"practice case {self.pk}"


class PracticeAnswer(Answer):
    """An answer to a practice case. It is in no result."""

    case = models.ForeignKey(PracticeCase, on_delete=models.PROTECT, related_name="answers")
    place = models.ForeignKey("ratings.StudyRater", on_delete=models.PROTECT, related_name="practice_answers")

    class Meta(Answer.Meta):
        abstract = False
        indexes = [models.Index(fields=["place", "case", "item", "-id"], name="practiceanswer_newest")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *Answer.Meta.constraints,
            models.UniqueConstraint(
                fields=["place", "case", "item"],
                condition=models.Q(replaces__isnull=True),
                name="practiceanswer_first_once",
            ),
        ]
