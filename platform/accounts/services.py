"""Writes to accounts."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

import audit.services as audit
from accounts.models import Role, User
from accounts.validators import validate_deactivation, validate_role_change


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


def choose_language(*, user: User, language: str) -> None:
    """The language that the user reads; it tells nothing about anybody and is not in the log."""
    user.language = language
    user.full_clean()
    user.save(update_fields=["language"])


@transaction.atomic
def change_address(*, user: User, email: str) -> User:
    """Where mails to a user go; none without one. The log says that it changed, not to what."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.email != email.strip():
        user.email = email.strip()
        user.full_clean()
        user.save(update_fields=["email"])
        audit.record(actor=user, verb="user.address_changed", target=user)
    return user


@transaction.atomic
def change_role(*, user: User, role: Role, actor: User) -> User:
    """Give an account another role; it signs in anew."""
    user = User.objects.select_for_update().get(pk=user.pk)
    before = user.role
    if before == role:
        return user
    validate_role_change(user=user, role=role, actor=actor)
    user.role = role
    user.full_clean()
    user.save(update_fields=["role"])
    audit.record(actor=actor, verb="user.role_changed", target=user, note=f"{before} to {role}")
    end_sessions(user=user)
    return user


@transaction.atomic
def deactivate_user(*, user: User, actor: User) -> User:
    """Close an account: it signs in no more and its tokens end. What it did stays its own."""
    validate_deactivation(user=user, actor=actor)
    return _set_active(user, active=False, actor=actor)


@transaction.atomic
def activate_user(*, user: User, actor: User) -> User:
    return _set_active(user, active=True, actor=actor)


def _set_active(user: User, *, active: bool, actor: User) -> User:
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active != active:
        user.is_active = active
        user.save(update_fields=["is_active"])
        audit.record(actor=actor, verb="user.activated" if active else "user.deactivated", target=user)
        end_sessions(user=user)
    return user


@transaction.atomic
def remove_second_factor(*, user: User, actor: User) -> None:
    """For a lost phone: the administrator has made sure who asks. The next sign-in asks for the password alone."""
    removed, _by_model = Authenticator.objects.filter(user=user).delete()
    if removed:
        audit.record(actor=actor, verb="user.second_factor_removed", target=user, note="by an administrator")
        end_sessions(user=user)


def end_sessions(*, user: User) -> int:
    """Sign an account out everywhere; returns from how many places."""
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return len(sessions)


@transaction.atomic
def end_own_session(*, session: UserSession) -> None:
    """Sign out in one other place."""
    session.end()
    audit.record(actor=session.user, verb="user.session_ended", target=session.user)


@transaction.atomic
def end_own_sessions(*, user: User) -> None:
    """Sign out everywhere, here too."""
    n_ended = end_sessions(user=user)
    audit.record(actor=user, verb="user.signed_out_everywhere", target=user, note=f"{n_ended} sessions")
