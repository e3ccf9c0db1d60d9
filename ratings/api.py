"""The API of the desk: one answer comes in."""

import uuid

from django.core.exceptions import ValidationError as RuleBroken
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import has_role
from accounts.models import Role
from ratings import services
from ratings.access import get_presentation_to_answer
from ratings.serializers import RatingSerializer

CONFLICTS = ("study_not_open", "client_id_reused", "presentation_closed")


class IsRater(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return has_role(request.user, Role.RATER)  # type: ignore[arg-type]


class RatingView(APIView):
    """POST an answer: 201 when it is new, 200 when it was here before, 409 when it conflicts with what is here."""

    permission_classes = [IsAuthenticated, IsRater]

    @extend_schema(request=RatingSerializer, responses={200: RatingSerializer, 201: RatingSerializer})
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        presentation = get_presentation_to_answer(request.user, pk)  # type: ignore[arg-type]
        serializer = RatingSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            rating, new = services.save_rating(
                presentation=presentation,
                rater=request.user,  # type: ignore[arg-type]
                **serializer.validated_data,
            )
        except RuleBroken as error:
            conflict = getattr(error, "code", None) in CONFLICTS
            code = status.HTTP_409_CONFLICT if conflict else status.HTTP_400_BAD_REQUEST
            return Response({"detail": error.messages}, status=code)
        return Response(RatingSerializer(rating).data, status=status.HTTP_201_CREATED if new else status.HTTP_200_OK)
