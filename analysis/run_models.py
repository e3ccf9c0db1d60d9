"""Runs: one analysis over the ratings of a study or the renditions of a cohort, as a row that can be computed again."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cohorts.models import Cohort
from deid.models import Leased
from ratings.models import Study


class Run(Leased):
    """One analysis: over what, with which parameters, seed and versions, and what came out.

    What a run of a study finds tells the arms, so there is none before the study is closed (`run_services`).
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Computed")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        VOID = "void", _("Void")

    kind = models.CharField(max_length=40, help_text="a name of analysis/run_kinds.py")
    study = models.ForeignKey(Study, null=True, blank=True, on_delete=models.PROTECT, related_name="runs")
    cohort = models.ForeignKey(Cohort, null=True, blank=True, on_delete=models.PROTECT, related_name="runs")
    parameters = models.JSONField(default=dict, blank=True)
    seed = models.PositiveIntegerField(default=1, help_text="of everything that is drawn")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    inputs = models.JSONField(default=dict, blank=True, help_text="what it was computed from, with hashes")
    versions = models.JSONField(default=dict, blank=True, help_text="of the algorithm and of the packages it used")
    summary = models.JSONField(default=dict, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the summary as canonical JSON")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "lease_until"], name="run_waiting")]
        constraints = [
            models.CheckConstraint(
                name="run_of_one_thing",
                condition=models.Q(study__isnull=False, cohort__isnull=True)
                | models.Q(study__isnull=True, cohort__isnull=False),
            ),
            models.CheckConstraint(
                name="run_running_has_lease",
                condition=models.Q(state="running", lease__isnull=False, lease_until__isnull=False)
                | (~models.Q(state="running") & models.Q(lease__isnull=True)),
            ),
            models.CheckConstraint(
                name="run_failure_says_why", condition=~models.Q(state__in=["failed", "void"]) | ~models.Q(error="")
            ),
            models.CheckConstraint(
                name="run_summary_when_done",
                condition=(models.Q(state="done") & ~models.Q(summary={}) & ~models.Q(sha256=""))
                | (~models.Q(state="done") & models.Q(summary={}, sha256="")),
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}: {self.kind} ({self.state})"


class RunReport(Leased):
    """The report of a computed run as HTML and PDF: made once by a worker, beside the run's numbers and gone with them.

    It is a row of its own so that a report that cannot be made leaves the run computed.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="report")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    html = models.BinaryField(default=b"", blank=True)
    pdf = models.BinaryField(default=b"", blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "lease_until"], name="runreport_waiting")]
        constraints = [
            models.CheckConstraint(
                name="runreport_running_has_lease",
                condition=models.Q(state="running", lease__isnull=False, lease_until__isnull=False)
                | (~models.Q(state="running") & models.Q(lease__isnull=True)),
            ),
            models.CheckConstraint(
                name="runreport_failure_says_why", condition=~models.Q(state="failed") | ~models.Q(error="")
            ),
            models.CheckConstraint(
                name="runreport_files_when_done",
                condition=(models.Q(state="done") & ~models.Q(html=b"") & ~models.Q(pdf=b""))
                | (~models.Q(state="done") & models.Q(html=b"", pdf=b"")),
            ),
        ]

    def __str__(self) -> str:
        return f"report of run {self.run_id} ({self.state})"
