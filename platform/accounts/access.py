"""Who may open what. Roles are asked here; each object has one function of its own in its application's `access.py`."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.usersessions.models import UserSession
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from accounts import queries
from accounts.models import Invitation, Role, ServiceToken, User

View = Callable[..., HttpResponseBase]


def signed_in(request: HttpRequest) -> User:
    """The user of a request that passed the sign-in middleware."""
    if not isinstance(request.user, User):
        raise PermissionDenied("sign in first")
    return request.user


def has_role(user: User, *roles: Role) -> bool:
    return user.is_active and user.role in roles


def roles_required(*roles: Role) -> Callable[[View], View]:
    """Refuse (403) a signed-in user of another role; anonymous visitors were sent to the sign-in page before."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not has_role(signed_in(request), *roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate


def get_person(pk: int) -> User:
    """Anybody's account, for administrators' pages."""
    return get_object_or_404(queries.people(), pk=pk)


def get_own_session(user: User, pk: int) -> UserSession:
    return get_object_or_404(UserSession, pk=pk, user=user)


def get_token(user: User, pk: int) -> ServiceToken:
    """A user's own token, or anybody's for an administrator who must be able to take it back."""
    tokens = ServiceToken.objects.filter(revoked_at__isnull=True)
    return get_object_or_404(tokens if has_role(user, Role.ADMINISTRATOR) else tokens.filter(user=user), pk=pk)


def get_invitation(user: User, pk: int) -> Invitation:
    return get_object_or_404(queries.invitations_for(user), pk=pk)
