"""The training of networks: runs that a worker of the queue `gpu` does under a lease, and their sample sheets."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from deid.leased import Leased


class TrainingRun(Leased):
    """One network, trained from a folder of pictures as a configuration says.

    Checkpoints lie in the run's own folder (`training_folders`), so that whichever worker takes the run up goes on from
    the last one. What pages show of it is on this row: they may run on another machine.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    kind = models.CharField(_("network"), max_length=40)
    training_set = models.CharField(_("training set"), max_length=100, blank=True, help_text="empty where none is read")
    config = models.TextField(_("configuration"))
    licence = models.CharField(_("licence of the weights"), max_length=200)
    commercial = models.BooleanField(_("commercial use"), default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    # A worker that is asked to stop writes a checkpoint first: until then it keeps the row.
    stop_asked = models.BooleanField(default=False)
    step = models.PositiveIntegerField(default=0)
    n_steps = models.PositiveIntegerField(default=0, help_text="0 until a worker has read the set")
    images_seen = models.PositiveBigIntegerField(default=0)
    time_left = models.DurationField(null=True, blank=True)
    data = models.JSONField(default=dict, blank=True, help_text="SHA-256 by name of what it learns from")
    curves = models.JSONField(default=dict, blank=True, help_text="losses and held_out by name: [[step, value], ...]")
    evaluation = models.JSONField(default=dict, blank=True, help_text="how it ended, and what held-out data say")
    weights = models.JSONField(default=dict, blank=True, help_text="SHA-256 by name of the results in the model store")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "lease_until"], name="trainingrun_waiting")]
        constraints = [
            models.CheckConstraint(name="trainingrun_progress_share", condition=Q(progress__gte=0, progress__lte=1)),
            models.CheckConstraint(
                name="trainingrun_running_has_lease",
                condition=Q(state="running", lease__isnull=False, lease_until__isnull=False)
                | (~Q(state="running") & Q(lease__isnull=True)),
            ),
            models.CheckConstraint(name="trainingrun_failure_says_why", condition=~Q(state="failed") | ~Q(error="")),
            models.CheckConstraint(
                name="trainingrun_result_when_done",
                condition=~Q(state="done") | (~Q(weights={}) & ~Q(evaluation={})),
            ),
            models.CheckConstraint(name="trainingrun_steps_within", condition=Q(n_steps=0) | Q(step__lte=F("n_steps"))),
            models.CheckConstraint(
                name="trainingrun_time_left_positive",
                condition=Q(time_left__isnull=True) | Q(time_left__gte=timedelta(0)),
            ),
            models.CheckConstraint(
                name="trainingrun_says_from_what",
                condition=~Q(kind="") & ~Q(config="") & ~Q(licence=""),
            ),
        ]

    def __str__(self) -> str:
        return f"training {self.pk} ({self.kind}, {self.state})"

    @property
    def may_resume(self) -> bool:
        """What was stopped or failed goes on from its last checkpoint."""
        return self.state in (self.State.STOPPED, self.State.FAILED)


class TrainingSheet(models.Model):
    """Pictures that a training made at a step, beside those they were made from: faces of who stands in the set."""

    run = models.ForeignKey(TrainingRun, on_delete=models.PROTECT, related_name="sheets")
    step = models.PositiveIntegerField()
    storage_name = models.CharField(max_length=100, unique=True)
    n_bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-step"]
        constraints = [models.UniqueConstraint(fields=["run", "step"], name="trainingsheet_once_per_step")]

    def __str__(self) -> str:
        return f"sheet of {self.run_id} at step {self.step}"
