"""What a study fixes: its protocol as it was frozen, what is left out, what was sealed, and who broke the seal."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.models import Recording
from deid.models import Rendition


class ProtocolVersion(models.Model):
    """The protocol as it stood, hashed, with its pre-registration pack. Rows are only ever added."""

    study = models.ForeignKey("ratings.Study", on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    content = models.TextField(help_text="canonical JSON")
    sha256 = models.CharField(max_length=64)
    pdf = models.BinaryField()
    pdf_sha256 = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="protocolversion_number_once"),
            models.CheckConstraint(
                name="protocolversion_change_says_why", condition=models.Q(number=1) | ~models.Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"protocol {self.number} of study {self.study_id}"


class Exclusion(models.Model):
    """A recording that a study does not show, or does not ask an item of."""

    study = models.ForeignKey("ratings.Study", on_delete=models.PROTECT, related_name="exclusions")
    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="+")
    item = models.CharField(max_length=30, blank=True, help_text="empty for all items")
    reason = models.CharField(_("reason"), max_length=300)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["recording_id", "item"]
        constraints = [
            models.UniqueConstraint(fields=["study", "recording", "item"], name="exclusion_once"),
            models.CheckConstraint(name="exclusion_says_why", condition=~models.Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"recording {self.recording_id}: {self.reason}"


class StudyRendition(models.Model):
    """A version that an opened study shows. Which presentation shows it is in the sealed key only."""

    study = models.ForeignKey("ratings.Study", on_delete=models.PROTECT, related_name="shown")
    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="+")
    rendition = models.ForeignKey(Rendition, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["recording_id", "rendition_id"]
        constraints = [models.UniqueConstraint(fields=["study", "rendition"], name="studyrendition_once")]

    def __str__(self) -> str:
        return f"rendition {self.rendition_id} in study {self.study_id}"


class AllocationSeal(models.Model):
    """That a rater's order was fixed, by which algorithm, and its hash. Order and seed are in the sealed schema."""

    study = models.ForeignKey("ratings.Study", on_delete=models.PROTECT, related_name="seals")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    part = models.PositiveSmallIntegerField(help_text="0 at opening; recordings that came late have parts of their own")
    algorithm = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64)
    n_presentations = models.PositiveIntegerField()
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["part", "id"]
        constraints = [models.UniqueConstraint(fields=["study", "rater", "part"], name="allocationseal_once")]

    def __str__(self) -> str:
        return f"order {self.part} of rater {self.rater_id} in study {self.study_id}"


class CodeBreak(models.Model):
    """A recorded unblinding of one participant in one study: asked for by one, done by another, or an emergency."""

    study = models.ForeignKey("ratings.Study", on_delete=models.PROTECT, related_name="code_breaks")
    participant = models.ForeignKey("cohorts.Participant", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(_("reason"))
    emergency = models.BooleanField(default=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="codebreak_says_why", condition=~models.Q(reason="")),
            models.CheckConstraint(
                name="codebreak_done_by_somebody",
                condition=models.Q(done_by__isnull=True, done_at__isnull=True)
                | models.Q(done_by__isnull=False, done_at__isnull=False),
            ),
            models.CheckConstraint(
                name="codebreak_by_two_or_in_an_emergency",
                condition=models.Q(done_by__isnull=True)
                | models.Q(emergency=True)
                | ~models.Q(done_by=models.F("asked_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"code-break {self.pk} in study {self.study_id}"
