"""`record` is the only way into the log."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from audit.models import Event


def record(*, actor: AbstractBaseUser | None, verb: str, target: models.Model | None, note: str = "") -> Event:
    """Write one event, in the transaction of the act it tells of. No personal data in `note`."""
    event = Event(
        verb=verb,
        target_type=target._meta.label if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        note=note,
    )
    if actor is not None:
        assert actor._meta.label == settings.AUTH_USER_MODEL  # noqa: S101 - a programming error, not an input
        event.actor_id = actor.pk
    event.save(force_insert=True)
    return event


def record_export(*, actor: AbstractBaseUser, asked: Mapping[str, Any]) -> Event:
    """The log was taken out. Users appear by number: the note stays after they are renamed."""
    told = [f"{name}={getattr(value, 'pk', value)}" for name, value in sorted(asked.items()) if value not in (None, "")]
    return record(actor=actor, verb="audit.exported", target=None, note="; ".join(told) or "everything")
