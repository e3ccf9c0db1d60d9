"""What the API takes and gives. Types are strict: "4", 4.0 and true are no scores."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError as RuleBroken
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ratings.models import Rating
from ratings.validators import validate_answer, validate_score


@extend_schema_field(OpenApiTypes.INT)
class ScoreField(serializers.Field):
    def to_internal_value(self, data: Any) -> int:
        try:
            validate_score(data)
        except RuleBroken as error:
            raise serializers.ValidationError(error.messages) from None
        return int(data)

    def to_representation(self, value: int) -> int:
        return value


@extend_schema_field(OpenApiTypes.BOOL)
class FlagField(serializers.Field):
    default_error_messages = {"invalid": _("Say true or false.")}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data

    def to_representation(self, value: bool) -> bool:
        return value


@extend_schema_field(OpenApiTypes.UUID)
class ClientIdField(serializers.Field):
    default_error_messages = {"invalid": _("Give a UUID as text, such as 0b2f6c1e-8d1c-4a57-9f0e-0c8f0a5d7c11.")}

    def to_internal_value(self, data: Any) -> uuid.UUID:
        try:
            return uuid.UUID(data if isinstance(data, str) else "")
        except ValueError:
            self.fail("invalid")


class RatingSerializer(serializers.Serializer[Rating]):
    """One answer: a score or “not sure”, with an id that the client chose for it."""

    item = serializers.CharField(max_length=30)
    score = ScoreField(required=False, allow_null=True, default=None)
    not_sure = FlagField(required=False, default=False)
    client_id = ClientIdField(write_only=True)
    saved_at = serializers.DateTimeField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            validate_answer(score=attrs["score"], not_sure=attrs["not_sure"])
        except RuleBroken as error:
            raise serializers.ValidationError(error.messages) from None
        return attrs
