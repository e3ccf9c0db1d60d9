"""What a signed-in user must do first."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import second_factor
from accounts.models import User

SET_UP = "mfa_activate_totp"
# Open without it: its set-up, the password that the set-up asks for again, and the way out.
OPEN = {SET_UP, "account_reauthenticate", "account_logout", "healthz"}


class SecondFactorMiddleware:
    """A user whose role needs a second factor and who has none opens nothing but its set-up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user = request.user
        match = request.resolver_match
        if not isinstance(user, User) or (match and match.view_name in OPEN) or not second_factor.is_missing(user):
            return None
        if request.method != "GET" or request.path.startswith("/api/"):
            raise PermissionDenied("set up the second factor first")
        messages.warning(request, _("Your role needs a second factor. Set it up to go on."))
        return redirect(SET_UP)
