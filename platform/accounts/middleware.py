"""What a signed-in user must do first, and in which language they read."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import second_factor
from accounts.models import User

SET_UP = "mfa_activate_totp"
# Open without it: its set-up, the password that the set-up asks for again, and the way out.
OPEN = {SET_UP, "account_reauthenticate", "account_logout", "accounts:language", "healthz", "readyz", "metrics"}


class LanguageMiddleware(LocaleMiddleware):
    """The language that the user chose; of others the browser's cookie, then what the browser asks for."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if isinstance(request.user, User) and request.user.language:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = request.user.language

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """What this thread does next is not in this user's language."""
        response = super().process_response(request, response)
        translation.deactivate()
        return response


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
