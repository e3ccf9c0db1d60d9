"""What analysis keeps: tracks of faces, measured once, and how renditions compare with their originals."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from analysis.run_models import Run, RunReport
from cohorts.models import Participant, Recording
from deid.models import Leased, Rendition
from ratings.models import Experiment

__all__ = ["MachineJudging", "Measurement", "Run", "RunReport", "Tracks"]


class Tracks(models.Model):
    """Tracks of one video, as the models of that hash measured them. They are biometric data: the participant's."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="tracks")
    sha256 = models.CharField(max_length=64, help_text="of the video")
    models_hash = models.CharField(max_length=64)
    storage_name = models.CharField(max_length=100, unique=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "tracks"
        constraints = [
            models.UniqueConstraint(fields=["participant", "sha256", "models_hash"], name="tracks_once_per_video"),
        ]

    def __str__(self) -> str:
        return f"tracks of {self.sha256[:12]}"


class Measurement(Leased):
    """The measuring of one recording or one rendition by a worker; of a rendition it keeps the report."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Measured")
        FAILED = "failed", _("Failed")

    recording = models.OneToOneField(
        Recording, null=True, blank=True, on_delete=models.PROTECT, related_name="measurement"
    )
    rendition = models.OneToOneField(
        Rendition, null=True, blank=True, on_delete=models.PROTECT, related_name="measurement"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    report = models.JSONField(default=dict, blank=True, help_text="of a rendition: every metric, or why there is none")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "lease_until"])]
        constraints = [
            models.CheckConstraint(
                name="measurement_of_one_video",
                condition=models.Q(recording__isnull=False, rendition__isnull=True)
                | models.Q(recording__isnull=True, rendition__isnull=False),
            ),
            models.CheckConstraint(
                name="measurement_running_has_lease",
                condition=models.Q(state="running", lease__isnull=False, lease_until__isnull=False)
                | (~models.Q(state="running") & models.Q(lease__isnull=True)),
            ),
            models.CheckConstraint(
                name="measurement_failure_says_why", condition=~models.Q(state="failed") | ~models.Q(error="")
            ),
            models.CheckConstraint(
                name="measurement_report_when_done",
                condition=~models.Q(state="done", rendition__isnull=False) | ~models.Q(report={}),
            ),
        ]

    def __str__(self) -> str:
        return f"measurement {self.pk} of {self.video} ({self.state})"

    @property
    def video(self) -> Recording | Rendition:
        video = self.recording or self.rendition
        assert video is not None  # noqa: S101 - a database constraint holds it
        return video

    @property
    def participant(self) -> Participant:
        video = self.video
        return video.participant if isinstance(video, Recording) else video.recording.participant


class Series(models.Model):
    """What the figures of one measured rendition draw, frame by frame. They are biometric data: the participant's."""

    rendition = models.OneToOneField(Rendition, on_delete=models.PROTECT, related_name="series")
    storage_name = models.CharField(max_length=100, unique=True)
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return f"series of rendition {self.rendition_id}"


class MachineJudging(Leased):
    """The trials of a closed experiment, answered by every recogniser at hand."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Answered")
        FAILED = "failed", _("Failed")

    experiment = models.OneToOneField(Experiment, on_delete=models.PROTECT, related_name="machines")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    answers = models.JSONField(default=dict, blank=True, help_text="by recogniser: the pair of each trial, or null")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "lease_until"], name="machinejudging_waiting")]
        constraints = [
            models.CheckConstraint(
                name="machinejudging_running_has_lease",
                condition=models.Q(state="running", lease__isnull=False, lease_until__isnull=False)
                | (~models.Q(state="running") & models.Q(lease__isnull=True)),
            ),
            models.CheckConstraint(
                name="machinejudging_failure_says_why", condition=~models.Q(state="failed") | ~models.Q(error="")
            ),
            models.CheckConstraint(
                name="machinejudging_answers_when_done", condition=~models.Q(state="done") | ~models.Q(answers={})
            ),
        ]

    def __str__(self) -> str:
        return f"recognisers on experiment {self.experiment_id} ({self.state})"
