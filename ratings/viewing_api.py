"""The API of viewing: a rater's browser tells in batches how a video was seen."""

import uuid
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ratings import viewing_services
from ratings.access import get_presentation_to_answer
from ratings.api import RaterView
from ratings.models import Presentation, Viewing
from ratings.serializers import ClientIdField, ConflictSerializer, FlagField
from ratings.viewing_models import DAY, MOST, MOST_PARTS

SPEEDS = (10, 400)  # per cent


@extend_schema_field(OpenApiTypes.INT)
class CountField(serializers.Field):
    """A whole number from `least` to `most`; "4", 4.0 and true are none."""

    default_error_messages = {"invalid": _("Give a whole number from {least} to {most}.")}

    def __init__(self, *, most: int, least: int = 0, **given: Any) -> None:
        super().__init__(**given)
        self.least, self.most = least, most

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int or not self.least <= data <= self.most:
            self.fail("invalid", least=self.least, most=self.most)
        return int(data)

    def to_representation(self, value: int) -> int:
        return value


@extend_schema_field({"type": "array", "items": {"type": "array", "items": {"type": "integer"}}})
class PartsField(serializers.Field):
    """Parts of the video that were played, each from, to (milliseconds), speed (per cent)."""

    default_error_messages = {
        "invalid": _(
            "Give at most {most} parts, each [from, to, speed]: whole milliseconds, from before to; 10 to 400 %."
        )
    }

    def to_internal_value(self, data: Any) -> list[list[int]]:
        if not isinstance(data, list) or len(data) > MOST_PARTS or not all(_is_part(part) for part in data):
            self.fail("invalid", most=MOST_PARTS)
        return list(data)

    def to_representation(self, value: list[list[int]]) -> list[list[int]]:
        return value


def _is_part(part: Any) -> bool:
    if not isinstance(part, list) or [type(number) for number in part] != [int] * 3:
        return False
    start, stop, speed = part
    return bool(0 <= start < stop <= DAY and SPEEDS[0] <= speed <= SPEEDS[1])


class ViewingSerializer(serializers.Serializer[Viewing]):
    """What happened since the batch before."""

    client_id = ClientIdField(source="look")
    sequence = CountField(least=1, most=1_000_000)
    played = PartsField(required=False, default=list)
    failed = FlagField(required=False, default=False)
    told_at = serializers.DateTimeField(read_only=True)

    def get_fields(self) -> dict[str, Any]:
        needed = ("length", "window_width", "window_height")
        numbers = {
            name: CountField(most=most) if name in needed else CountField(most=most, required=False, default=0)
            for name, most in MOST.items()
        }
        return {**super().get_fields(), **numbers}


class ViewingView(RaterView):
    """Batches of how a presentation was seen."""

    taken, told = ViewingSerializer, ViewingSerializer

    def find(self, pk: uuid.UUID) -> Presentation:
        return get_presentation_to_answer(self.request.user, pk)  # type: ignore[arg-type]

    def save(self, found: Presentation, given: dict[str, Any]) -> tuple[Viewing, bool]:
        return viewing_services.keep_viewing(presentation=found, **given)

    @extend_schema(
        request=ViewingSerializer, responses={200: ViewingSerializer, 201: ViewingSerializer, 409: ConflictSerializer}
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        return self.add(request, pk)
