"""The API of trials: one answer comes in."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError as RuleBroken
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api_views import HasRole
from accounts.models import Role
from ratings import sixface_services
from ratings.models import TrialAnswer
from ratings.serializers import ClientIdField
from ratings.sixface_access import get_trial_to_answer
from ratings.sixface_validators import validate_confidence, validate_picks, validate_response_time

CONFLICTS = ("experiment_not_open", "client_id_reused", "answered", "trial_closed", "not_shown", "practice_first")


class StrictField(serializers.Field):
    """What a rule of the experiment lets through, as it is: "2", 2.0 and true are no whole numbers."""

    rule: Any = None

    def to_internal_value(self, data: Any) -> Any:
        try:
            type(self).rule(data)
        except RuleBroken as error:
            raise serializers.ValidationError(error.messages) from None
        return data

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "array", "items": {"type": "integer"}, "maxItems": 2})
class PicksField(StrictField):
    rule = staticmethod(validate_picks)


@extend_schema_field(OpenApiTypes.INT)
class ConfidenceField(StrictField):
    rule = staticmethod(validate_confidence)


@extend_schema_field(OpenApiTypes.INT)
class ResponseTimeField(StrictField):
    rule = staticmethod(validate_response_time)


class TrialAnswerSerializer(serializers.Serializer[TrialAnswer]):
    """Two faces by their places, or none; how sure; and after how many milliseconds."""

    picks = PicksField()
    confidence = ConfidenceField()
    response_ms = ResponseTimeField()
    client_id = ClientIdField(write_only=True)
    saved_at = serializers.DateTimeField(read_only=True)
    feedback = serializers.SerializerMethodField()

    def get_feedback(self, answer: TrialAnswer) -> dict[str, Any] | None:
        """Of practice: the two faces of one person, or none, in words."""
        known = answer.trial.answer_known
        if known is None:
            return None
        if not known:
            return {"pair": [], "words": _("No two of these are the same person.")}
        words = _("%(first)d and %(second)d are the same person.") % {"first": known[0], "second": known[1]}
        return {"pair": known, "words": words}


class TrialAnswerView(APIView):
    """POST an answer: 201 when it is new, 200 when it was here before, 409 when it conflicts with what is here."""

    permission_classes = [IsAuthenticated, HasRole]
    roles = (Role.JUDGE,)

    @extend_schema(request=TrialAnswerSerializer, responses={200: TrialAnswerSerializer, 201: TrialAnswerSerializer})
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        trial = get_trial_to_answer(request.user, pk)  # type: ignore[arg-type]
        serializer = TrialAnswerSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            answer, new = sixface_services.save_trial_answer(
                trial=trial,
                judge=request.user,  # type: ignore[arg-type]
                **serializer.validated_data,
            )
        except RuleBroken as error:
            code = getattr(error, "code", None)
            conflict = code in CONFLICTS
            told = {"detail": error.messages, "code": code or ""}
            return Response(told, status=status.HTTP_409_CONFLICT if conflict else status.HTTP_400_BAD_REQUEST)
        code = status.HTTP_201_CREATED if new else status.HTTP_200_OK
        return Response(TrialAnswerSerializer(answer).data, status=code)
