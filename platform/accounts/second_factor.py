"""The second factor: who must have one, and how its secrets are kept."""

import base64

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

from accounts.models import User


def is_required(user: User) -> bool:
    return user.role in settings.MFA_REQUIRED_ROLES


def is_missing(user: User) -> bool:
    """Must this user set one up before anything else?"""
    return is_required(user) and not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def _keys() -> MultiFernet:
    """From SECRET_KEY, and from the ones before it so that it can be changed."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [salted_hmac("accounts.second_factor", "", secret=s, algorithm="sha256").digest() for s in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets are encrypted in the database, so that its backups alone do not sign anybody in."""

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _keys().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not is_required(authenticator.user)
