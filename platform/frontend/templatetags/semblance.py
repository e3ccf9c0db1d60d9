"""Small pieces of pages."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# State of any object -> tone of its badge. A tone is never the only sign: the word stands in it.
TONES = {
    "done": "good", "released": "good", "accepted": "good", "open": "good", "rated": "good",
    "receiving": "busy", "queued": "busy", "running": "busy", "checking": "busy", "preparing": "busy",
    "in_review": "warn", "expired": "warn", "withheld": "warn", "failed": "bad", "refused": "bad", "rejected": "bad",
    "void": "bad", "withdrawn": "bad",
}  # fmt: skip


@register.simple_tag
def badge(item: Any) -> SafeString:
    """The state of an object with `state` and `get_state_display`."""
    return format_html('<span class="badge {}">{}</span>', TONES.get(item.state, ""), item.get_state_display())


@register.filter
def iso(moment: datetime | None) -> SafeString | str:
    """Date and time with zone, as 2026-01-31 14:05 UTC."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), local.strftime("%Y-%m-%d %H:%M %Z"))


@register.filter
def seconds(value: float) -> str:
    """A duration or position as 0:03.2 (minutes, seconds, tenths)."""
    minutes, rest = divmod(max(float(value), 0.0), 60)
    return f"{int(minutes)}:{rest:04.1f}"


@register.filter
def megabytes(value: int) -> str:
    return f"{value / 1e6:.1f} MB"


@register.filter
def gigabytes(value: int) -> str:
    return f"{value / 1e9:.1f} GB"
