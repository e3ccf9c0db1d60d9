"""Writes to accounts."""

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

import audit.services as audit
from accounts.models import Role, User


@transaction.atomic
def create_user(*, username: str, role: Role, password: str, name: str = "", actor: User | None = None) -> User:
    """Make an account with one role."""
    first, _, last = name.partition(" ")
    user = User(username=username, role=role, first_name=first, last_name=last)
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    audit.record(actor=actor, verb="user.created", target=user, note=role)
    return user
