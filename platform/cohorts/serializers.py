"""What the API tells and takes of cohorts, participants, recordings and uploads."""

from typing import Any

from rest_framework import serializers

from cohorts.models import Cohort, Participant, Recording, Upload


class CohortSerializer(serializers.ModelSerializer[Cohort]):
    n_participants = serializers.IntegerField(read_only=True)
    n_recordings = serializers.IntegerField(read_only=True)

    class Meta:
        model = Cohort
        fields = ["id", "name", "n_participants", "n_recordings", "created_at"]
        read_only_fields = fields


class ParticipantSerializer(serializers.ModelSerializer[Participant]):
    """The code is chosen once: papers outside name it."""

    class Meta:
        model = Participant
        fields = ["id", "cohort", "code", "sex", "diagnosis", "site", "withdrawn_at", "created_at"]
        read_only_fields = ["id", "cohort", "withdrawn_at", "created_at"]

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        if self.instance is not None:
            fields["code"].read_only = True
        return fields


class RecordingSerializer(serializers.ModelSerializer[Recording]):
    """Facts of the file. Where it lies and how the participant was are not told."""

    participant = serializers.SlugRelatedField[Participant](slug_field="code", read_only=True)

    class Meta:
        model = Recording
        fields = [
            "id", "cohort", "participant", "task", "sha256", "n_bytes", "width", "height", "n_frames", "duration",
            "frame_rate", "variable_rate", "codec", "has_audio", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """A file on its way in, and what became of it."""

    content = serializers.FileField(write_only=True, allow_empty_file=True)  # the services say what is wrong with it

    class Meta:
        model = Upload
        fields = ["id", "cohort", "code", "task", "state", "message", "recording", "created_at", "content"]
        read_only_fields = ["id", "cohort", "state", "message", "recording", "created_at"]
