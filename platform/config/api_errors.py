"""Refusals of services, told by the API as it tells its own."""

from typing import Any

from django.core.exceptions import ValidationError as RuleBroken
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """400 with the sentences, beside the fields they are about where those are known."""
    if isinstance(error, RuleBroken):
        known = error.message_dict if hasattr(error, "error_dict") else {"detail": error.messages}
        return exception_handler(
            ValidationError({("detail" if key == "__all__" else key): told for key, told in known.items()}), context
        )
    return exception_handler(error, context)
