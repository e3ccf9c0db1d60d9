"""Rules of accounts, shared by services, forms and API."""

from collections.abc import Collection
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import Role, Scope, User
from audit.models import Event

# Who invites whom. Coordinators bring raters and judges to their studies; everybody else is an administrator's matter.
INVITES = {Role.ADMINISTRATOR: tuple(Role), Role.COORDINATOR: (Role.RATER, Role.JUDGE)}
INVITATION_DAYS = (1, 30)

_STAFF_SCOPES = frozenset(Scope) - {Scope.READ_RESULTS, Scope.READ_TRAINING, Scope.WRITE_TRAINING}
# What a role's tokens may hold. Raters and judges rate at the desk, blinded: programs do not act for them.
SCOPES_OF = {
    Role.ADMINISTRATOR: frozenset(Scope),
    Role.COORDINATOR: _STAFF_SCOPES,
    Role.INVESTIGATOR: frozenset({Scope.READ_RESULTS}),
}
TOKEN_DAYS = (1, 366)

# Acts that show who is who or how a method changes scores: who has done one cannot rate blindly any more.
UNBLINDING = ("original.viewed", "rendition.viewed", "study.results_read", "experiment.results_read")


def scopes_of(user: User) -> frozenset[Scope]:
    return SCOPES_OF.get(Role(user.role), frozenset())


def may_invite(user: User, role: str) -> bool:
    return user.is_active and role in INVITES.get(Role(user.role), ())


def validate_invitation(*, actor: User, role: str) -> None:
    if not may_invite(actor, role):
        raise ValidationError(
            _("Your role cannot invite the role “%(role)s”: ask an administrator.") % {"role": role}, code="role"
        )


def validate_lifetime(lifetime: timedelta, limits: tuple[int, int]) -> None:
    least, most = limits
    if not timedelta(days=least) <= lifetime <= timedelta(days=most):
        raise ValidationError(
            _("It must be valid for %(least)d to %(most)d days, not %(days)d.")
            % {"least": least, "most": most, "days": lifetime.days},
            code="lifetime",
        )


def validate_scopes(user: User, scopes: Collection[str]) -> None:
    """At least one, each within what the user's role allows."""
    beyond = sorted(set(scopes) - {str(scope) for scope in scopes_of(user)})
    if beyond:
        raise ValidationError(
            _("Your role cannot give a token these scopes: %(scopes)s.") % {"scopes": ", ".join(beyond)}, code="scopes"
        )
    if not scopes:
        raise ValidationError(_("Choose at least one scope."), code="scopes")


def validate_role_change(*, user: User, role: Role, actor: User) -> None:
    if user.pk == actor.pk:
        raise ValidationError(_("Nobody changes their own role: ask another administrator."), code="own_account")
    if role in (Role.RATER, Role.JUDGE) and Event.objects.filter(actor=user, verb__in=UNBLINDING).exists():
        raise ValidationError(
            _("%(name)s has seen originals, renditions or results, and would not rate blindly.")
            % {"name": user.display_name},
            code="unblinded",
        )


def validate_deactivation(*, user: User, actor: User) -> None:
    if user.pk == actor.pk:
        raise ValidationError(_("Nobody deactivates their own account: ask another administrator."), code="own_account")
