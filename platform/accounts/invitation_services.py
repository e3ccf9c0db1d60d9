"""Invitations: made, used once, revoked."""

from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.bearer import hash_of, new_secret
from accounts.models import Invitation, Role, User
from accounts.services import create_user, end_sessions
from accounts.validators import INVITATION_DAYS, may_invite, validate_invitation, validate_lifetime


class CannotBeUsed(Exception):
    """Why a link opens nothing, as a sentence for who holds it; `known` when it once was a link of ours."""

    def __init__(self, reason: str, *, known: bool) -> None:
        super().__init__(reason)
        self.known = known


@transaction.atomic
def make_invitation(
    *, role: Role, actor: User, lifetime: timedelta, label: str = "", for_user: User | None = None
) -> tuple[Invitation, str]:
    """An invitation and its secret, which is nowhere to be found later."""
    validate_invitation(actor=actor, role=role)
    validate_lifetime(lifetime, INVITATION_DAYS)
    secret, token_hash = new_secret()
    now = timezone.now()
    invitation = Invitation(
        token_hash=token_hash, role=role, label=label, for_user=for_user, made_by=actor, made_at=now,
        expires_at=now + lifetime,
    )  # fmt: skip
    invitation.full_clean()
    invitation.save()
    note = role if for_user is None else f"password of user {for_user.pk}"
    audit.record(actor=actor, verb="invitation.made", target=invitation, note=note)
    return invitation, secret


def find_invitation(secret: str, *, lock: bool = False) -> Invitation:
    """The open invitation of a link.

    Raises
    ------
    CannotBeUsed : unknown, used, revoked, expired, or made by somebody who may no longer invite
    """
    invitations = Invitation.objects.select_related("made_by", "for_user")
    if lock:
        invitations = invitations.select_for_update(of=("self",))
    invitation = invitations.filter(token_hash=hash_of(secret)).first()
    if invitation is None:
        raise CannotBeUsed(_("This is no link of ours. Copy it whole, to its last character."), known=False)
    if invitation.used_at is not None:
        raise CannotBeUsed(_("This link was used already. If that was not you, tell who gave it to you."), known=True)
    if invitation.revoked_at is not None or not may_invite(invitation.made_by, invitation.role):
        raise CannotBeUsed(_("This link was taken back. Ask who gave it to you for another."), known=True)
    if not invitation.is_open:
        raise CannotBeUsed(_("This link has expired. Ask who gave it to you for another."), known=True)
    if invitation.for_user is not None and not invitation.for_user.is_active:
        raise CannotBeUsed(_("This account is closed. Ask an administrator."), known=True)
    return invitation


@transaction.atomic
def use_invitation(*, secret: str, password: str, username: str = "", name: str = "") -> Invitation:
    """Make the account that a link is good for, or set the password of the account that it names. Once."""
    invitation = find_invitation(secret, lock=True)  # two may press at once: the second finds it used
    if invitation.for_user is None:
        user = create_user(username=username, role=Role(invitation.role), password=password, name=name)
    else:
        user = _set_password(invitation.for_user, password)
    invitation.used_at, invitation.used_by = timezone.now(), user
    invitation.full_clean()
    invitation.save(update_fields=["used_at", "used_by"])
    audit.record(actor=user, verb="invitation.used", target=invitation)
    return invitation


def _set_password(user: User, password: str) -> User:
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(actor=user, verb="user.password_changed", target=user, note="by a link")
    end_sessions(user=user)
    return user


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, actor: User) -> Invitation:
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.used_at is not None:
        raise ValidationError(_("This link was used already: deactivate the account instead."), code="used")
    if invitation.revoked_at is None:
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at"])
        audit.record(actor=actor, verb="invitation.revoked", target=invitation)
    return invitation
