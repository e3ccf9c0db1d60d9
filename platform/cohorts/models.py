"""Cohorts, participants, uploads and recordings."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation
from cohorts.consent_models import ConsentEvent, StoredFile, Withdrawal
from cohorts.validators import (
    CODE,
    DATE_IN_CODE,
    MINUTES_MOST,
    NAME_IN_CODE,
    OLDEST,
    SITE,
    validate_age,
    validate_code,
    validate_hoehn_yahr,
    validate_minutes,
    validate_sha256,
    validate_site,
)
from cohorts.vocabulary import HOEHN_YAHR, Diagnosis, MotorState, Scope, Sex, Stimulation, Task

__all__ = [
    "ClinicalState", "Cohort", "CohortMembership", "ConsentEvent", "Participant", "Recording", "Scope", "StoredFile",
    "Task", "Upload", "Withdrawal",
]  # fmt: skip

HASH_OR_NOTHING = r"^([0-9a-f]{64})?$"


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
    sex = models.CharField(_("sex"), max_length=1, choices=Sex.choices, blank=True)
    diagnosis = models.CharField(_("diagnosis"), max_length=20, choices=Diagnosis.choices, blank=True)
    site = models.CharField(_("site"), max_length=33, blank=True, validators=[validate_site])
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["cohort", "code"], name="participant_code_once_per_cohort"),
            models.CheckConstraint(name="participant_code_form", condition=models.Q(code__regex=CODE)),
            models.CheckConstraint(name="participant_code_no_date", condition=~models.Q(code__regex=DATE_IN_CODE)),
            models.CheckConstraint(name="participant_code_no_name", condition=~models.Q(code__regex=NAME_IN_CODE)),
            models.CheckConstraint(name="participant_sex_known", condition=models.Q(sex__in=["", *Sex.values])),
            models.CheckConstraint(
                name="participant_diagnosis_known", condition=models.Q(diagnosis__in=["", *Diagnosis.values])
            ),
            models.CheckConstraint(
                name="participant_site_form", condition=models.Q(site="") | models.Q(site__regex=SITE)
            ),
            models.CheckConstraint(
                name="participant_withdrawn_is_bare",
                condition=models.Q(withdrawn_at__isnull=True) | models.Q(sex="", diagnosis="", site=""),
            ),
        ]

    def __str__(self) -> str:
        return self.code


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
    age = models.PositiveSmallIntegerField(_("age at recording"), null=True, blank=True, validators=[validate_age])
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
            models.CheckConstraint(
                name="recording_age_pooled",
                condition=models.Q(age__isnull=True) | models.Q(age__gte=0, age__lte=OLDEST),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant.code} · {self.get_task_display()}"


class ClinicalState(models.Model):
    """How the participant was when the recording was made. Apart from it: raters' queries never load this."""

    recording = models.OneToOneField(Recording, on_delete=models.PROTECT, primary_key=True, related_name="clinical")
    motor_state = models.CharField(_("motor state"), max_length=3, choices=MotorState.choices, blank=True)
    minutes_since_levodopa = models.PositiveIntegerField(
        _("minutes since levodopa"), null=True, blank=True, validators=[validate_minutes]
    )
    stimulation = models.CharField(_("stimulation"), max_length=4, choices=Stimulation.choices, blank=True)
    hoehn_yahr = models.DecimalField(
        _("Hoehn & Yahr"), max_digits=2, decimal_places=1, null=True, blank=True, validators=[validate_hoehn_yahr]
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="clinical_motor_state_known", condition=models.Q(motor_state__in=["", *MotorState.values])
            ),
            models.CheckConstraint(
                name="clinical_minutes_possible",
                condition=models.Q(minutes_since_levodopa__isnull=True)
                | models.Q(minutes_since_levodopa__lte=MINUTES_MOST),
            ),
            models.CheckConstraint(
                name="clinical_stimulation_known", condition=models.Q(stimulation__in=["", *Stimulation.values])
            ),
            models.CheckConstraint(
                name="clinical_hoehn_yahr_known",
                condition=models.Q(hoehn_yahr__isnull=True)
                | models.Q(hoehn_yahr__in=[Decimal(stage) for stage in HOEHN_YAHR]),
            ),
        ]

    def __str__(self) -> str:
        return f"state at recording {self.recording_id}"


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
