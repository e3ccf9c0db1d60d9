"""What analysis keeps: tracks of faces, measured once."""

from django.db import models

from cohorts.models import Participant


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
