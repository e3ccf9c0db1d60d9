"""Who may open what. Roles are asked here; each object has one function of its own in its application's `access.py`."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from accounts.models import Role, User

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
