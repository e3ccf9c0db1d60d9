"""What the API tells and takes of jobs and renditions."""

from rest_framework import serializers

from deid.models import Job, Rendition
from deid.validators import validate_available, validate_method


class JobSerializer(serializers.ModelSerializer[Job]):
    """A request to de-identify a recording. `donor` only asks; what was worn stands in the certificate."""

    method = serializers.CharField(max_length=40, validators=[validate_method, validate_available])
    donor = serializers.CharField(max_length=40, write_only=True, required=False, allow_blank=True, default="")
    rendition = serializers.PrimaryKeyRelatedField[Rendition](read_only=True, allow_null=True, default=None)

    class Meta:
        model = Job
        fields = [
            "id", "recording", "method", "donor", "state", "progress", "stage", "error", "rendition", "created_at",
            "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = [
            "id", "recording", "state", "progress", "stage", "error", "created_at", "started_at", "finished_at",
        ]  # fmt: skip


class RenditionSerializer(serializers.ModelSerializer[Rendition]):
    """A rendition and its certificate; the picture itself is looked at on its page, where each look is recorded."""

    certificate = serializers.JSONField(read_only=True)

    class Meta:
        model = Rendition
        fields = [
            "id", "recording", "job", "method", "state", "reason", "sha256", "n_bytes", "n_frames", "encoding",
            "certificate", "reviewed_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields
