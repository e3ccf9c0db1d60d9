"""What addresses may carry."""

from collections.abc import Iterable

from django.core.exceptions import BadRequest
from django.http import HttpRequest


def refuse_unknown_keys(request: HttpRequest, known: Iterable[str]) -> None:
    """400 for a key that a list does not know, such as a look-up along a relation (`actor__password__startswith`)."""
    unknown = sorted(set(request.GET) - set(known))
    if unknown:
        raise BadRequest(f"unknown in the address: {', '.join(unknown)[:200]}; known: {', '.join(sorted(known))}")
