"""Blinded studies, their raters, presentations and ratings."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.models import Cohort, Recording
from ratings.adjudication_models import Adjudication, Adjudicator
from ratings.answer_models import Acquaintance, Rating, SessionSignature
from ratings.debrief_models import DebriefShowing, Guess
from ratings.practice_models import PracticeAnswer, PracticeCase
from ratings.protocol import Protocol
from ratings.protocol_models import AllocationSeal, CodeBreak, Exclusion, ProtocolVersion, StudyRendition
from ratings.reminder_models import Reminder, ReminderRefusal
from ratings.shown_models import LastEncode, ShownFile
from ratings.sixface_models import Experiment, ExperimentJudge, Trial, TrialAnswer, TrialBuild, TrialFace
from ratings.viewing_models import EquipmentCheck, VideoSent, Viewing

__all__ = [
    "Acquaintance", "Adjudication", "Adjudicator", "AllocationSeal", "CodeBreak", "DebriefShowing", "EquipmentCheck",
    "Exclusion", "Experiment", "ExperimentJudge", "Guess", "LastEncode", "PracticeAnswer", "PracticeCase",
    "Presentation", "ProtocolVersion", "Rating", "Reminder", "ReminderRefusal", "SessionSignature", "ShownFile",
    "Study", "StudyMember", "StudyRater", "StudyRendition", "Trial", "TrialAnswer", "TrialBuild", "TrialFace",
    "VideoSent", "Viewing",
]  # fmt: skip


class Study(models.Model):
    """Originals and de-identified renditions of one cohort, shuffled together and rated blindly."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    name = models.CharField(_("name"), max_length=80, unique=True)
    cohort = models.ForeignKey(Cohort, verbose_name=_("cohort"), on_delete=models.PROTECT, related_name="studies")
    method = models.CharField(_("method"), max_length=40, help_text="of the de-identified arm")
    more_methods = ArrayField(models.CharField(max_length=40), default=list, blank=True, help_text="further arms")
    protocol = models.JSONField(default=dict, blank=True, help_text="as it is drafted; frozen ones are versions")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    seed = models.BigIntegerField(help_text="of the numbers that stand for raters and recordings")
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

    @property
    def design(self) -> Protocol:
        return Protocol.from_json(self.protocol)

    @property
    def methods(self) -> list[str]:
        """Of the de-identified arms, the one that decides first."""
        return [self.method, *self.more_methods]


class WhoRate(models.Manager["StudyRater"]):
    """Places of those who rate; an adjudicator who does not rate has a place for the answers alone."""

    def get_queryset(self) -> models.QuerySet["StudyRater"]:
        return super().get_queryset().filter(rates=True)


class StudyRater(models.Model):
    """A rater of a study, and the number that stands for them in its results. `seats` are those of adjudicators too."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="places")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    calibration = models.CharField(_("calibration record"), max_length=200, blank=True)
    rates = models.BooleanField(default=True, db_default=True, help_text="else only what others differ on is shown")

    objects = WhoRate()
    seats = models.Manager["StudyRater"]()

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
    """One blinded showing of one recording to one rater. Its id is random: a rater sees it.

    Nothing here tells which version is shown: that is in the sealed key (`ratings.key`). The file is a copy of its own,
    of one size for all versions of the recording.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="presentations")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="presentations")
    position = models.PositiveIntegerField()
    session = models.PositiveSmallIntegerField(default=0)
    # The session that must lie the protocol's gap back; none in the first block.
    after_session = models.PositiveSmallIntegerField(null=True, blank=True)
    storage_name = models.CharField(max_length=100)
    shown_bytes = models.BigIntegerField()
    # Of studies from before shown files had copies of their own: what is less than `shown_bytes` is filled up.
    file_bytes = models.BigIntegerField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    # Set when the participant withdrew: shown to nobody any more. Its ratings stay, and count in no result.
    excluded_at = models.DateTimeField(null=True, blank=True)
    # Set by a code-break: from then on somebody knows the version, and its ratings are marked.
    broken_at = models.DateTimeField(null=True, blank=True)
    # Shown to an adjudicator after the others differed; its answers are in no pair. Not told on the desk.
    adjudicates = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["study", "rater", "position"]
        constraints = [
            models.UniqueConstraint(fields=["study", "rater", "position"], name="presentation_position_once"),
            models.CheckConstraint(name="presentation_counts", condition=models.Q(position__gte=1, shown_bytes__gte=1)),
            models.CheckConstraint(name="presentation_has_a_file", condition=~models.Q(storage_name="")),
            models.CheckConstraint(
                name="presentation_completed_after_start",
                condition=models.Q(completed_at__isnull=True)
                | models.Q(started_at__isnull=False, completed_at__gte=models.F("started_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"presentation {self.pk}"
