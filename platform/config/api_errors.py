"""Refusals of services, told by the API as it tells its own."""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as RuleBroken
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """400 with the sentences, beside the fields they are about where those are known."""
    if isinstance(error, RuleBroken):
        told = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        error = ValidationError({"detail" if name == NON_FIELD_ERRORS else name: why for name, why in told.items()})
    return exception_handler(error, context)
