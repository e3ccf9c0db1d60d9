"""Numbers of results; what is undefined says so."""

from django import template
from django.utils.translation import gettext as _

from frontend.numbers import signed

register = template.Library()


@register.filter
def signed_points(value: float | None, digits: int = 2) -> str:
    return _("undefined") if value is None else signed(value, digits)


@register.filter
def per_cent(share: float | None) -> str:
    return _("undefined") if share is None else f"{100 * share:.1f}%"
