"""What the API takes and gives. Types are strict: "4", 4.0 and true are no scores."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError as RuleBroken
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ratings import practice_queries
from ratings.answer_models import Answer, ChangeReason, Reason
from ratings.models import Acquaintance, PracticeAnswer
from ratings.practice_queries import Feedback
from ratings.validators import validate_choice, validate_comment, validate_given, validate_score


def _ruled(rule: Callable[..., None], *given: Any) -> None:
    """A rule of validators.py, its refusal told as the serializer's own."""
    try:
        rule(*given)
    except RuleBroken as error:
        raise serializers.ValidationError(error.messages) from None


@extend_schema_field(OpenApiTypes.INT)
class ScoreField(serializers.Field):
    def to_internal_value(self, data: Any) -> int:
        _ruled(validate_score, data)
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

    def to_representation(self, value: uuid.UUID) -> str:
        return str(value)


@extend_schema_field(OpenApiTypes.STR)
class CodeField(serializers.Field):
    """One of a few words, or none."""

    def __init__(self, choices: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = choices

    def to_internal_value(self, data: Any) -> str:
        if data != "":
            _ruled(validate_choice, data, self.choices)
        return str(data)

    def to_representation(self, value: str) -> str:
        return value


@extend_schema_field(OpenApiTypes.STR)
class CommentField(serializers.Field):
    def to_internal_value(self, data: Any) -> str:
        _ruled(validate_comment, data)
        return str(data)

    def to_representation(self, value: str) -> str:
        return value


class AnswerSerializer(serializers.Serializer[Answer]):
    """One answer: a score or “not sure” with a reason, and an id that the client chose for it.

    `replaces` is the client_id of the answer that the client believes to be the current one, null for none; left out,
    it is not compared. `change_reason` says why an answer is changed. `answered_at` is the client's clock.
    """

    client_id = ClientIdField()
    item = serializers.CharField(max_length=30)
    score = ScoreField(required=False, allow_null=True, default=None)
    not_sure = FlagField(required=False, default=False)
    reason = CodeField(Reason.values, required=False, default="")
    comment = CommentField(required=False, default="")
    replaces = ClientIdField(required=False, allow_null=True, write_only=True)
    change_reason = CodeField(ChangeReason.values, required=False, default="", write_only=True)
    answered_at = serializers.DateTimeField(required=False, allow_null=True, default=None, write_only=True)
    saved_at = serializers.DateTimeField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        _ruled(validate_given, attrs)
        return attrs

    def to_representation(self, instance: Answer) -> dict[str, Any]:
        return super().to_representation(instance) | {"reason": instance.reason or ""}


class StandingSerializer(serializers.Serializer[dict[str, Any]]):
    """What stands of a presentation: the current answer to each item that has one, and whether it can be changed."""

    answers = AnswerSerializer(many=True, read_only=True)
    locked = serializers.BooleanField(read_only=True)
    seen_before = serializers.BooleanField(read_only=True, allow_null=True)


class ConflictSerializer(serializers.Serializer[dict[str, Any]]):
    """Why an answer was not kept, and the one that stands."""

    code = serializers.CharField(read_only=True)
    detail = serializers.ListField(child=serializers.CharField(), read_only=True)
    current = AnswerSerializer(read_only=True, allow_null=True)


class AcquaintanceSerializer(serializers.Serializer[Acquaintance]):
    """“I have seen this person before”, or not."""

    client_id = ClientIdField()
    seen_before = FlagField()
    saved_at = serializers.DateTimeField(read_only=True)


class FeedbackSerializer(serializers.Serializer[Feedback]):
    """The reference of a practice item, and the explanation once all items are answered."""

    score = serializers.IntegerField(read_only=True)
    word = serializers.CharField(read_only=True)
    explanation = serializers.CharField(read_only=True)


class PracticeSerializer(AnswerSerializer):
    """An answer to a practice case that is kept."""

    feedback = serializers.SerializerMethodField()

    @extend_schema_field(FeedbackSerializer(allow_null=True))
    def get_feedback(self, answer: PracticeAnswer) -> Any:
        told = practice_queries.feedback(
            answer.case, answer.item, practice_queries.current_answers(answer.case, answer.place)
        )
        return FeedbackSerializer(told).data if told else None
