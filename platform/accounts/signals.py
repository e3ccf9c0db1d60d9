"""Sign-ins, failures, sign-outs, passwords and second factors enter the audit log."""

from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
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


@receiver(authentication_failed)
def _second_factor_failed(user: User, **_: Any) -> None:
    """The password was right, the code was not: nobody is signed in, so there is no actor."""
    audit.record(actor=None, verb="user.second_factor_failed", target=user)


@receiver(authenticator_added)
def _second_factor_added(user: User, authenticator: Authenticator, **_: Any) -> None:
    audit.record(actor=user, verb="user.second_factor_added", target=user, note=authenticator.type)


@receiver(authenticator_removed)
def _second_factor_removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    audit.record(actor=user, verb="user.second_factor_removed", target=user, note=authenticator.type)


@receiver(authenticator_reset)
def _recovery_codes_renewed(user: User, **_: Any) -> None:
    audit.record(actor=user, verb="user.recovery_codes_renewed", target=user)


@receiver(password_changed)
def _password_changed(user: User, **_: Any) -> None:
    audit.record(actor=user, verb="user.password_changed", target=user)
