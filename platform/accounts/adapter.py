"""How allauth behaves here: nobody signs up by themselves, and throttled sign-ins are told to the log."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

import audit.services as audit


class ClosedSignupAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            audit.record(actor=None, verb="user.sign_in_throttled", target=None)
            raise
