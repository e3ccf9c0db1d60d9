"""Forms; their rules are the models' own validators."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import InvitationForm as BaseInvitationForm
from accounts.models import Role, User
from accounts.validators import may_invite
from cohorts.access import cohorts_for
from cohorts.models import Cohort, Task
from cohorts.validators import validate_code


class CohortForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Of the project, not of a person."))


class UserChoice(forms.ModelChoiceField):
    """People by the name that pages show."""

    def label_from_instance(self, obj: User) -> str:
        return obj.display_name


class MemberForm(forms.Form):
    user = UserChoice(
        label=_("Coordinator"), queryset=User.objects.none(), help_text=_("Active coordinators who are no member yet.")
    )

    def __init__(self, *args: Any, cohort: Cohort, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        coordinators = User.objects.filter(role=Role.COORDINATOR, is_active=True).exclude(cohorts=cohort)
        self.fields["user"].queryset = coordinators.order_by("username")  # type: ignore[attr-defined]


class InvitationForm(BaseInvitationForm):
    """What the person who invites may offer: their roles and their cohorts."""

    cohort = forms.ModelChoiceField(
        label=_("Cohort"), queryset=Cohort.objects.none(), required=False,
        help_text=_("For a coordinator: the cohort to care for."),
    )  # fmt: skip
    field_order = ("role", "cohort", "label", "days")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = [role for role in Role if may_invite(user, role)]
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]
        self.fields["role"].initial = Role.RATER  # the most asked for, and nothing to regret when pressed too soon
        if Role.COORDINATOR in roles:
            self.fields["cohort"].queryset = cohorts_for(user).order_by("name")  # type: ignore[attr-defined]
        else:
            del self.fields["cohort"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("cohort") and data.get("role") != Role.COORDINATOR:
            self.add_error("cohort", _("Only coordinators care for a cohort: leave it empty, or choose that role."))
        return data


class UploadForm(forms.Form):
    code = forms.CharField(
        label=_("Participant code"),
        max_length=20,
        validators=[validate_code],
        help_text=_("Capital letters and a number, such as PD-014. Never a name or a date of birth."),
    )
    task = forms.ChoiceField(label=_("MDS-UPDRS task"), choices=Task.choices)
    video = forms.FileField(label=_("Video file"), help_text=_("It is checked before it becomes a recording."))
