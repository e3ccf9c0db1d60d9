"""Cohorts, participants, uploads and recordings."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation
from cohorts.validators import validate_code


class Cohort(models.Model):
    """Participants who belong to one project, and the coordinators who care for them."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    coordinators = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="CohortMembership", through_fields=("cohort", "user"), related_name="cohorts"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CohortMembership(models.Model):
    """A coordinator who cares for a cohort, since when, and who said so. Removed ones live on in the audit log."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="cohort_memberships")
    since = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["since", "id"]
        constraints = [models.UniqueConstraint(fields=["cohort", "user"], name="cohortmembership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in cohort {self.cohort_id}"


class InvitedCohort(models.Model):
    """The cohort that an invited coordinator will care for."""

    invitation = models.OneToOneField(Invitation, primary_key=True, on_delete=models.CASCADE, related_name="place")
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.invitation_id} into cohort {self.cohort_id}"


class Participant(models.Model):
    """A person, known here by a code only."""

    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="participants")
    code = models.CharField(_("code"), max_length=20, validators=[validate_code])
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["cohort", "code"], name="participant_code_once_per_cohort"),
            models.CheckConstraint(
                name="participant_code_form", condition=models.Q(code__regex=r"^[A-Z]{1,6}-?[0-9]{1,6}$")
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Task(models.TextChoices):
    """The MDS-UPDRS Part III task that a recording shows. Item numbers only: the scale's wording belongs to MDS."""

    FACIAL_EXPRESSION = "facial_expression", _("Facial expression (3.2)")
    SPEECH = "speech", _("Speech (3.1)")
    REST = "rest", _("Rest (3.17)")


class Recording(models.Model):
    """An original video that was probed and accepted."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="recordings")
    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="recordings")
    task = models.CharField(_("task"), max_length=30, choices=Task.choices)
    storage_name = models.CharField(max_length=100, unique=True)
    sha256 = models.CharField(max_length=64)
    n_bytes = models.BigIntegerField()
    width = models.IntegerField()
    height = models.IntegerField()
    n_frames = models.IntegerField()
    duration = models.FloatField(help_text="seconds")
    frame_rate = models.FloatField(help_text="frames per second, mean")
    variable_rate = models.BooleanField()
    codec = models.CharField(max_length=40)
    has_audio = models.BooleanField()
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["participant__code", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cohort", "sha256"], name="recording_once_per_cohort"),
            models.CheckConstraint(name="recording_task_known", condition=models.Q(task__in=Task.values)),
            models.CheckConstraint(
                name="recording_has_frames",
                condition=models.Q(n_frames__gt=0, width__gt=0, height__gt=0, duration__gt=0, n_bytes__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant.code} · {self.get_task_display()}"


class Upload(models.Model):
    """A file that came in and waits for the worker's verdict; afterwards the receipt of that verdict."""

    class State(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")

    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="uploads")
    code = models.CharField(_("participant"), max_length=20, validators=[validate_code])
    task = models.CharField(_("task"), max_length=30, choices=Task.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKING)
    message = models.TextField(blank=True)
    storage_name = models.CharField(max_length=100, blank=True)
    recording = models.OneToOneField(Recording, null=True, blank=True, on_delete=models.PROTECT, related_name="upload")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.IntegerField(default=0)
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="upload_task_known", condition=models.Q(task__in=Task.values)),
            models.CheckConstraint(
                name="upload_accepted_has_recording",
                condition=models.Q(state="accepted", recording__isnull=False)
                | (~models.Q(state="accepted") & models.Q(recording__isnull=True)),
            ),
            models.CheckConstraint(
                name="upload_refused_says_why", condition=~models.Q(state="refused") | ~models.Q(message="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.task} {self.state}"
