"""Forms of accounts. allauth's are kept, without what this platform does not have: passwords come by a link."""

from datetime import timedelta
from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from accounts.models import Language, Role, Scope, User
from accounts.validators import INVITATION_DAYS, TOKEN_DAYS, scopes_of


def _plain(form: forms.Form) -> None:
    """No placeholder that repeats the label, no help about pages that are not there."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        if "password" in name:
            field.help_text = ""


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)


class PasswordForm(ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)


class ConfirmForm(ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)


def _code_field(form: forms.Form, label: Any) -> None:
    field = form.fields["code"]
    field.label = label
    field.widget.attrs = {"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}


class _OnceMixin:
    """A code is good once for as long as the clock's tolerance lets it live; allauth remembers it for one step only."""

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        authenticator: Authenticator = self.authenticator  # type: ignore[attr-defined]
        if authenticator.type == Authenticator.Type.TOTP:
            lives = mfa_settings.TOTP_PERIOD * (2 * mfa_settings.TOTP_TOLERANCE + 1)
            digits = "".join(filter(str.isdigit, code))
            if not cache.add(f"second-factor-used:{authenticator.user_id}:{digits}", True, timeout=lives):
                raise forms.ValidationError(_("This code was used already: wait for the next one."))
        return code


class CodeForm(_OnceMixin, AuthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code_field(self, _("Code of your application, or a recovery code"))


class ConfirmCodeForm(_OnceMixin, ReauthenticateByCodeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code_field(self, _("Code of your application, or a recovery code"))


class IdentityForm(ConfirmForm):
    """The password, and a code where the user has a second factor: for an act that needs both at that moment."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_mfa_enabled(self.user):
            self.fields["code"] = forms.CharField()
            _code_field(self, _("Code of your application, or a recovery code"))

    def clean_code(self) -> str:
        """Asked once the password is right: a slip there uses up no code."""
        if "password" not in self.cleaned_data:
            return ""
        form = ConfirmCodeForm({"code": self.cleaned_data["code"]}, user=self.user)
        if not form.is_valid():
            raise forms.ValidationError(list(form.errors["code"]))
        return str(form.cleaned_data["code"])


class SetUpForm(ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code_field(self, _("Code that the application shows"))


class NewPasswordForm(forms.Form):
    """A password twice; the rules are Django's validators, asked by the service."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters; a few words are good."),
    )
    again = forms.CharField(
        label=_("Password again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if self.cleaned_data.get("password") != again:
            raise forms.ValidationError(_("The two passwords differ."))
        return again


class JoinForm(NewPasswordForm):
    """A new account."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        validators=[User.username_validator],
        help_text=_("To sign in with; it also appears in the log. Letters, digits and @ . + - _"),
    )
    name = forms.CharField(label=_("Name"), max_length=150, required=False, help_text=_("As colleagues know you."))
    field_order = ("username", "name", "password", "again")


def _days(label: Any, initial: int, limits: tuple[int, int]) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=limits[0], max_value=limits[1], initial=initial)


class LifetimeMixin(forms.Form):
    @property
    def lifetime(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])


class LanguageForm(forms.Form):
    """Where to go afterwards is not the form's to check: the view takes addresses of this site only."""

    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    next = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class InvitationForm(LifetimeMixin):
    role = forms.ChoiceField(label=_("Role"))
    label = forms.CharField(
        label=_("For whom"), max_length=80, required=False, help_text=_("A note for this list; not sent anywhere.")
    )
    days = _days(_("Valid for days"), 7, INVITATION_DAYS)


class TokenForm(LifetimeMixin):
    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("What will use it, such as “site B uploader”."))
    scopes = forms.MultipleChoiceField(label=_("It may"), widget=forms.CheckboxSelectMultiple)
    days = _days(_("Valid for days"), 90, TOKEN_DAYS)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = scopes_of(user)
        choices = [(scope.value, scope.label) for scope in Scope if scope in allowed]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]
