"""Cohorts, participants, uploads and recordings."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from cohorts.validators import validate_code, validate_sha256

HASH_OR_NOTHING = r"^([0-9a-f]{64})?$"


class Cohort(models.Model):
    """Participants who belong to one project, and the coordinators who care for them."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    coordinators = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="cohorts", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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
    """A file that comes in piece by piece, then waits for the worker's verdict; afterwards the receipt of it all.

    Until it is accepted its bytes lie in quarantine (cohorts/quarantine.py) and nowhere else. The name that the file
    had at the user's is never kept: names of files hold names of patients.
    """

    class State(models.TextChoices):
        RECEIVING = "receiving", _("Being received")
        CHECKING = "checking", _("Being checked")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Expired")

    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="uploads")
    code = models.CharField(_("participant"), max_length=20, validators=[validate_code])
    task = models.CharField(_("task"), max_length=30, choices=Task.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKING)
    message = models.TextField(blank=True)
    quarantine_name = models.CharField(max_length=40, blank=True)
    storage_name = models.CharField(max_length=100, blank=True)  # of the copy that is becoming the recording's
    n_bytes = models.BigIntegerField(_("size"), null=True, blank=True, validators=[MinValueValidator(1)])
    fingerprint = (
        models.CharField(  # made by the browser of what it knows about the file; finds it again after a reload
            max_length=64, blank=True, validators=[validate_sha256]
        )
    )
    declared_sha256 = models.CharField(max_length=64, blank=True, validators=[validate_sha256])
    expires_at = models.DateTimeField(null=True, blank=True)
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
            models.CheckConstraint(
                name="upload_state_known",
                condition=models.Q(state__in=["receiving", "checking", "accepted", "refused", "cancelled", "expired"]),
            ),
            models.CheckConstraint(
                name="upload_receiving_can_go_on",
                condition=~models.Q(state="receiving")
                | models.Q(n_bytes__isnull=False, expires_at__isnull=False) & ~models.Q(quarantine_name=""),
            ),
            models.CheckConstraint(
                name="upload_has_bytes", condition=models.Q(n_bytes__isnull=True) | models.Q(n_bytes__gt=0)
            ),
            models.CheckConstraint(
                name="upload_hashes_form",
                condition=models.Q(fingerprint__regex=HASH_OR_NOTHING, declared_sha256__regex=HASH_OR_NOTHING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.task} {self.state}"
