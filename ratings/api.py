"""The API of the desk: answers come in, and what stands is told."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as RuleBroken
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import has_role
from accounts.models import Role, User
from ratings import practice_queries, practice_services, queries, services
from ratings.access import get_practice_to_answer, get_presentation_to_answer
from ratings.answer_models import Answer
from ratings.answer_services import save_acquaintance
from ratings.models import PracticeCase, Presentation
from ratings.serializers import (
    AcquaintanceSerializer,
    AnswerSerializer,
    ConflictSerializer,
    PracticeSerializer,
    StandingSerializer,
)

CONFLICTS = (
    "study_not_open", "client_id_reused", "presentation_closed", "practice_closed", "practice_first", "session_locked",
    "answered_elsewhere",
)  # fmt: skip


class IsRater(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return has_role(request.user, Role.RATER)  # type: ignore[arg-type]


class RaterView(APIView):
    """POST a row: 201 when it is new, 200 when it was here before, 409 when it conflicts with what is here."""

    permission_classes = [IsAuthenticated, IsRater]
    taken: ClassVar[type[serializers.BaseSerializer[Any]]]
    told: ClassVar[type[serializers.BaseSerializer[Any]]]

    @property
    def rater(self) -> User:
        return self.request.user  # type: ignore[return-value] # IsAuthenticated

    def find(self, pk: uuid.UUID) -> Any:
        raise NotImplementedError

    def save(self, found: Any, given: dict[str, Any]) -> tuple[Any, bool]:
        raise NotImplementedError

    def current(self, found: Any, given: Mapping[str, Any]) -> Answer | None:
        """The answer that stands, for who is told of a conflict."""
        return None

    def add(self, request: Request, pk: uuid.UUID) -> Response:
        found = self.find(pk)
        serializer = self.taken(data=request.data)
        if not serializer.is_valid():
            return Response({"detail": _sentences(serializer.errors)}, status=status.HTTP_400_BAD_REQUEST)
        given = serializer.validated_data
        try:
            row, new = self.save(found, given)
        except RuleBroken as error:
            return self._refused(error, lambda: self.current(found, given))
        code = status.HTTP_201_CREATED if new else status.HTTP_200_OK
        return Response(self.told(row).data, status=code)

    def _refused(self, error: RuleBroken, current: Callable[[], Answer | None]) -> Response:
        code = getattr(error, "code", None)
        if code not in CONFLICTS:
            return Response({"detail": error.messages}, status=status.HTTP_400_BAD_REQUEST)
        told = {"code": code, "detail": error.messages, "current": current()}
        return Response(ConflictSerializer(told).data, status=status.HTTP_409_CONFLICT)


def _sentences(errors: Any) -> list[str]:
    """Errors as sentences, those of a field after its name."""
    return [
        str(message) if name == "non_field_errors" else f"{name}: {message}"
        for name, messages in errors.items()
        for message in messages
    ]


class RatingView(RaterView):
    """Answers to the items of a presentation."""

    taken, told = AnswerSerializer, AnswerSerializer

    def find(self, pk: uuid.UUID) -> Presentation:
        return get_presentation_to_answer(self.rater, pk)

    def save(self, found: Presentation, given: dict[str, Any]) -> tuple[Answer, bool]:
        return services.save_rating(presentation=found, rater=self.rater, **given)

    def current(self, found: Presentation, given: Mapping[str, Any]) -> Answer | None:
        return queries.current_answers(found).get(given["item"])

    @extend_schema(responses=StandingSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        found = self.find(pk)
        told = {
            "answers": list(queries.current_answers(found).values()),
            "locked": queries.is_locked(found),
            "seen_before": queries.seen_before(found),
        }
        return Response(StandingSerializer(told).data)

    @extend_schema(
        request=AnswerSerializer, responses={200: AnswerSerializer, 201: AnswerSerializer, 409: ConflictSerializer}
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        return self.add(request, pk)


class AcquaintanceView(RaterView):
    """“I have seen this person before”, asked once the items are answered."""

    taken, told = AcquaintanceSerializer, AcquaintanceSerializer

    def find(self, pk: uuid.UUID) -> Presentation:
        return get_presentation_to_answer(self.rater, pk)

    def save(self, found: Presentation, given: dict[str, Any]) -> tuple[Any, bool]:
        return save_acquaintance(presentation=found, rater=self.rater, **given)

    @extend_schema(
        request=AcquaintanceSerializer,
        responses={200: AcquaintanceSerializer, 201: AcquaintanceSerializer, 409: ConflictSerializer},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        return self.add(request, pk)


class PracticeView(RaterView):
    """Answers to a practice case, as those to presentations; the reference comes back once one is kept."""

    taken, told = AnswerSerializer, PracticeSerializer

    def find(self, pk: uuid.UUID) -> PracticeCase:
        return get_practice_to_answer(self.rater, pk)

    def save(self, found: PracticeCase, given: dict[str, Any]) -> tuple[Answer, bool]:
        return practice_services.save_answer(case=found, rater=self.rater, **given)

    def current(self, found: PracticeCase, given: Mapping[str, Any]) -> Answer | None:
        return self._answers(found).get(given["item"])

    def _answers(self, found: PracticeCase) -> Mapping[str, Answer]:
        return practice_queries.current_answers(found, found.study.places.get(rater=self.rater))

    @extend_schema(responses=StandingSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        told = {"answers": list(self._answers(self.find(pk)).values()), "locked": False, "seen_before": None}
        return Response(StandingSerializer(told).data)

    @extend_schema(
        request=AnswerSerializer, responses={200: PracticeSerializer, 201: PracticeSerializer, 409: ConflictSerializer}
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        return self.add(request, pk)
