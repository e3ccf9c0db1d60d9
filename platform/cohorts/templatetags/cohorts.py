"""Addresses of media, and ages, in pages."""

from typing import Any

from django import template

from cohorts.links import media_link
from cohorts.validators import OLDEST

register = template.Library()


@register.simple_tag(takes_context=True)
def media_url(context: dict[str, Any], route: str, pk: object) -> str:
    """A link that only this session can use, and only for a while."""
    return media_link(context["request"], route, pk)


@register.filter
def age(years: int | None) -> str:
    """Years as they are kept: 90 stands for 90 and over."""
    return "–" if years is None else f"{OLDEST}+" if years >= OLDEST else str(years)
