"""Reads of accounts."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Invitation, Role, ServiceToken, User


def people() -> QuerySet[User]:
    """Everybody, with `has_factor`."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
    return User.objects.annotate(has_factor=Exists(factors)).order_by("-is_active", "username")


def invitations_for(user: User) -> QuerySet[Invitation]:
    """Administrators see all invitations, others those they made."""
    invitations = Invitation.objects.select_related("made_by", "used_by", "for_user")
    if user.role == Role.ADMINISTRATOR:
        return invitations
    return invitations.filter(made_by=user)


def tokens_of(user: User) -> QuerySet[ServiceToken]:
    """Those that were not revoked, expired ones too: who looks for a reason finds it."""
    return user.service_tokens.filter(revoked_at__isnull=True)


def sessions_of(user: User) -> list[UserSession]:
    """Where the user is signed in, newest first; ended ones are swept out on the way."""
    found: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(found, key=lambda session: session.created_at, reverse=True)
