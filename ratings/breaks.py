"""When whoever looks at videos or faces should rest: rules of raters and judges alike."""

from datetime import datetime, timedelta

from django.utils import timezone

BREAK = timedelta(minutes=5)  # so long without an answer is one


def has_rested(last: datetime | None) -> bool:
    """Whether the last answer lies a break back, or there is none yet."""
    return last is None or last < timezone.now() - BREAK


def due_by_number(n_done: int, every: int) -> bool:
    """Whether so many are a whole stretch; never where the protocol wants none by number."""
    return every > 0 and n_done % every == 0
