"""Sign-ins, failures and sign-outs enter the audit log."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

import audit.services as audit
from accounts.models import User


@receiver(user_logged_in)
def _signed_in(user: User, **_: Any) -> None:
    audit.record(actor=user, verb="user.signed_in", target=user)


@receiver(user_logged_out)
def _signed_out(user: User | None, **_: Any) -> None:
    if user is not None:
        audit.record(actor=user, verb="user.signed_out", target=user)


@receiver(user_login_failed)
def _failed(credentials: dict[str, str], **_: Any) -> None:
    # What was typed as a name may be a password typed into the wrong field: it is not kept.
    audit.record(actor=None, verb="user.sign_in_failed", target=None)
