"""Six-face experiments: their judges, the building of their trials, the trials and what was answered.

A trial keeps one picture of all six faces, and the participants who are in it; which face stands where is in the
sealed key (`ratings.key`). One file for six faces has one name, one size and one time: none tells a face from another.
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from cohorts.models import Cohort, Participant
from deid.models import Leased
from ratings.algorithms.sixface.roles import N_FACES
from ratings.sixface_protocol import SixFaceProtocol

LEAST_SURE, MOST_SURE = 1, 4
LONGEST_MS = 24 * 3600 * 1000


class Experiment(models.Model):
    """Whether people find, among six faces, the de-identified one and its original."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    name = models.CharField(_("name"), max_length=80, unique=True)
    cohort = models.ForeignKey(Cohort, verbose_name=_("cohort"), on_delete=models.PROTECT, related_name="experiments")
    method = models.CharField(_("method"), max_length=40)
    protocol = models.JSONField(default=dict, blank=True, help_text="as it is drafted")
    frozen = models.TextField(blank=True, help_text="canonical JSON, from the opening on")
    frozen_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    seed = models.BigIntegerField(help_text="of the numbers that stand for judges and participants")
    investigators = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="experiments_to_read")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="experiment_method_de_identifies", condition=~models.Q(method__in=["", "original"])
            ),
            models.CheckConstraint(
                name="experiment_state_has_its_times",
                condition=models.Q(state="draft", opened_at__isnull=True, closed_at__isnull=True, frozen="")
                | models.Q(state="open", opened_at__isnull=False, closed_at__isnull=True) & ~models.Q(frozen="")
                | models.Q(state="closed", opened_at__isnull=False, closed_at__isnull=False)
                & models.Q(closed_at__gte=models.F("opened_at"))
                & ~models.Q(frozen=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def design(self) -> SixFaceProtocol:
        return SixFaceProtocol.from_json(self.protocol)


class ExperimentJudge(models.Model):
    """A judge of an experiment, and the number, drawn by lot, that stands for them in its results."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="judges")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "user"], name="experimentjudge_once"),
            models.UniqueConstraint(fields=["experiment", "number"], name="experimentjudge_number_once"),
            models.CheckConstraint(name="experimentjudge_number_from_one", condition=models.Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"judge-{self.number}"


class TrialBuild(Leased):
    """The making of an experiment's trials by a worker; `reasons` says of whom there is no usable picture, and why."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Built")
        FAILED = "failed", _("Failed")

    experiment = models.OneToOneField(Experiment, on_delete=models.PROTECT, related_name="build")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    reasons = models.JSONField(default=list, blank=True, help_text="pairs of a recording and a sentence")
    report = models.JSONField(default=dict, blank=True, help_text="how alike the pictures are, and what was left out")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["state", "lease_until"], name="trialbuild_waiting")]
        constraints = [
            models.CheckConstraint(
                name="trialbuild_progress_share", condition=models.Q(progress__gte=0, progress__lte=1)
            ),
            models.CheckConstraint(
                name="trialbuild_running_has_lease",
                condition=models.Q(state="running", lease__isnull=False, lease_until__isnull=False)
                | (~models.Q(state="running") & models.Q(lease__isnull=True)),
            ),
            models.CheckConstraint(
                name="trialbuild_failure_says_why", condition=~models.Q(state="failed") | ~models.Q(error="")
            ),
        ]

    def __str__(self) -> str:
        return f"trials of experiment {self.experiment_id} ({self.state})"


class Trial(models.Model):
    """Six faces before one judge, in one picture. Its id is random: the judge sees it.

    Of practice the answer is here, because the judge is told it; of all others it is in the sealed key only.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="trials")
    judge = models.ForeignKey(ExperimentJudge, on_delete=models.PROTECT, related_name="trials")
    position = models.PositiveIntegerField(help_text="of practice and of the others, each from 1")
    practice = models.BooleanField(default=False)
    answer_known = ArrayField(
        models.PositiveSmallIntegerField(), size=2, null=True, blank=True, help_text="of practice; empty for no two"
    )
    storage_name = models.CharField(max_length=100, unique=True)
    n_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, help_text="of the picture")
    started_at = models.DateTimeField(null=True, blank=True)
    # Set when somebody in it withdrew or no longer agrees: shown to nobody any more.
    excluded_at = models.DateTimeField(null=True, blank=True)
    # Set with it when the answer counts in no result either: after a withdrawal.
    void = models.BooleanField(default=False)

    class Meta:
        ordering = ["judge", "-practice", "position"]
        constraints = [
            models.UniqueConstraint(fields=["judge", "practice", "position"], name="trial_position_once"),
            models.CheckConstraint(name="trial_counts", condition=models.Q(position__gte=1, n_bytes__gte=1)),
            models.CheckConstraint(name="trial_has_a_picture", condition=~models.Q(storage_name="")),
            models.CheckConstraint(
                name="trial_only_practice_tells",
                condition=models.Q(practice=True, answer_known__isnull=False)
                | models.Q(practice=False, answer_known__isnull=True),
            ),
            models.CheckConstraint(
                name="trial_void_is_excluded", condition=models.Q(void=False) | models.Q(excluded_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"trial {self.pk}"


class TrialFace(models.Model):
    """That a participant's face, or one that was made from it, is in a trial; not which of the six it is."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="faces")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["trial", "participant"]
        constraints = [models.UniqueConstraint(fields=["trial", "participant"], name="trialface_once")]

    def __str__(self) -> str:
        return f"a face in {self.trial_id}"


class TrialAnswer(models.Model):
    """What a judge answered: two faces, or none. One for each trial; rows are never changed."""

    trial = models.OneToOneField(Trial, on_delete=models.PROTECT, related_name="answer")
    first = models.PositiveSmallIntegerField(null=True, blank=True, help_text="1 to 6; empty for “no two”")
    second = models.PositiveSmallIntegerField(null=True, blank=True, help_text="greater than the first")
    confidence = models.PositiveSmallIntegerField(help_text="1 a guess, 4 certain")
    response_ms = models.PositiveIntegerField(help_text="from the showing to the choice, by the browser's clock")
    client_id = models.UUIDField(unique=True, help_text="given by the judge's browser: a repeat is the same answer")
    saved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="trialanswer_two_faces_or_none",
                condition=models.Q(first__isnull=True, second__isnull=True)
                # Without the null checks a missing number makes the condition unknown, and unknown passes.
                | models.Q(first__isnull=False, second__isnull=False)
                & models.Q(first__gte=1, second__lte=N_FACES, second__gt=models.F("first")),
            ),
            models.CheckConstraint(
                name="trialanswer_confidence_range",
                condition=models.Q(confidence__gte=LEAST_SURE, confidence__lte=MOST_SURE),
            ),
            models.CheckConstraint(name="trialanswer_time_possible", condition=models.Q(response_ms__lte=LONGEST_MS)),
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}" if self.first else "no two"

    @property
    def picks(self) -> tuple[int, ...]:
        return (self.first, self.second) if self.first and self.second else ()
