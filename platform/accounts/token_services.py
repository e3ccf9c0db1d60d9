"""Service tokens: made, used, revoked."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

import audit.services as audit
from accounts.bearer import hash_of, new_secret
from accounts.models import ServiceToken, User
from accounts.validators import TOKEN_DAYS, validate_lifetime, validate_scopes

PREFIX = "semblance_"  # scanners that look for leaked secrets know it by this
USE_IS_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def make_token(*, user: User, name: str, scopes: Collection[str], lifetime: timedelta) -> tuple[ServiceToken, str]:
    """A token of the user's own and its secret, which is nowhere to be found later."""
    validate_scopes(user, scopes)
    validate_lifetime(lifetime, TOKEN_DAYS)
    secret, token_hash = new_secret(PREFIX)
    now = timezone.now()
    token = ServiceToken(
        user=user, name=name, token_hash=token_hash, scopes=sorted(scopes), made_at=now, expires_at=now + lifetime
    )
    token.full_clean()
    token.save()
    audit.record(actor=user, verb="token.made", target=token, note=" ".join(token.scopes))
    return token, secret


def find_token(secret: str) -> ServiceToken | None:
    """The token of a secret, good or not; None when there is none."""
    return ServiceToken.objects.select_related("user").filter(token_hash=hash_of(secret)).first()


@transaction.atomic
def note_use(*, token: ServiceToken) -> None:
    """When a token was used last, to the minute; the first time is an event."""
    now = timezone.now()
    if token.last_used_at is not None and now - token.last_used_at < USE_IS_NOTED_EVERY:
        return
    first = ServiceToken.objects.filter(pk=token.pk, last_used_at__isnull=True).update(last_used_at=now)
    if first:
        audit.record(actor=token.user, verb="token.first_used", target=token)
    else:
        ServiceToken.objects.filter(pk=token.pk).update(last_used_at=now)


@transaction.atomic
def revoke_token(*, token: ServiceToken, actor: User) -> None:
    if ServiceToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        audit.record(actor=actor, verb="token.revoked", target=token)
