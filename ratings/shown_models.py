"""What raters are shown: files in which both versions of a recording are encoded alike."""

from django.db import models

from cohorts.models import Recording
from deid.models import Leased, Rendition


class LastEncode(Leased):
    """All versions of one recording on their way through the last encode, together, for one study."""

    study = models.ForeignKey("ratings.Study", on_delete=models.PROTECT, related_name="last_encodes")
    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="+")
    renditions = models.JSONField(help_text="ids of the versions, rising")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["state", "lease_until"], name="lastencode_waiting")]
        constraints = [
            models.UniqueConstraint(fields=["study", "recording"], name="lastencode_once"),
            models.CheckConstraint(
                name="lastencode_progress_share", condition=models.Q(progress__gte=0, progress__lte=1)
            ),
            models.CheckConstraint(
                name="lastencode_running_has_lease",
                condition=models.Q(state="running", lease__isnull=False, lease_until__isnull=False)
                | (~models.Q(state="running") & models.Q(lease__isnull=True)),
            ),
            models.CheckConstraint(
                name="lastencode_failure_says_why", condition=~models.Q(state="failed") | ~models.Q(error="")
            ),
        ]

    def __str__(self) -> str:
        return f"last encode {self.pk} ({self.state})"


class ShownFile(models.Model):
    """One version as raters get it: the only file of a rendition that a presentation serves."""

    last_encode = models.ForeignKey(LastEncode, on_delete=models.PROTECT, related_name="files")
    study = models.ForeignKey("ratings.Study", on_delete=models.PROTECT, related_name="shown_files")
    rendition = models.ForeignKey(Rendition, on_delete=models.PROTECT, related_name="shown_files")
    storage_name = models.CharField(max_length=100, unique=True)
    sha256 = models.CharField(max_length=64)
    n_bytes = models.BigIntegerField()
    encoding = models.CharField(max_length=200, help_text="fingerprint of the last encode's settings")
    traits = models.JSONField(help_text="what the file tells without being looked at")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "rendition"], name="shownfile_once"),
            models.CheckConstraint(name="shownfile_holds_something", condition=models.Q(n_bytes__gte=1)),
        ]

    def __str__(self) -> str:
        return f"shown file {self.pk}"
