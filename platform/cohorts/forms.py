"""Forms; their rules are the models' own validators."""

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import InvitationForm as BaseInvitationForm
from accounts.models import Role, User
from accounts.validators import may_invite
from cohorts.access import cohorts_for
from cohorts.models import ClinicalState, Cohort, Participant, Recording
from cohorts.queries import STATES
from cohorts.validators import validate_code, validate_consent_date, validate_version
from cohorts.vocabulary import HOEHN_YAHR, MotorState, Scope, Task


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


class RecordingFilterForm(forms.Form):
    """What a list of recordings is narrowed to."""

    code = forms.CharField(label=_("Participant"), max_length=20, required=False)
    task = forms.ChoiceField(label=_("Task"), choices=[("", _("All tasks")), *Task.choices], required=False)
    motor_state = forms.ChoiceField(
        label=_("Motor state"), choices=[("", _("ON and OFF")), *MotorState.choices], required=False
    )
    state = forms.ChoiceField(label=_("Rendition"), choices=[("", _("Any state")), *STATES.items()], required=False)


class UnknownIsAWord(forms.ModelForm):
    """Choices that may stay empty say so in words, not in dashes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField) and not field.required:
                known = [choice for choice in cast(list[tuple[str, str]], field.choices) if choice[0]]
                field.choices = [("", _("Not known")), *known]


class ParticipantForm(UnknownIsAWord):
    class Meta:
        model = Participant
        fields = ("code", "sex", "diagnosis", "site")
        help_texts = {
            "code": _("Letters of the project and a running number. Never a name, a date or an e-mail address."),
            "site": _("Such as “Site A”; optional."),
        }


class DescriptionForm(UnknownIsAWord):
    """A participant without the code, which stays."""

    class Meta:
        model = Participant
        help_texts = ParticipantForm.Meta.help_texts
        fields = ("sex", "diagnosis", "site")


class CircumstancesForm(UnknownIsAWord):
    """Age and clinical state at a recording."""

    age = Recording._meta.get_field("age").formfield(help_text=_("In years. 90 and over are kept as one group."))
    hoehn_yahr = forms.TypedChoiceField(
        label=_("Hoehn & Yahr"), choices=[("", "---------"), *((stage, stage) for stage in HOEHN_YAHR)],
        coerce=Decimal, empty_value=None, required=False,
    )  # fmt: skip

    class Meta:
        model = ClinicalState
        fields = ("motor_state", "minutes_since_levodopa", "stimulation", "hoehn_yahr")

    field_order = ("age", "motor_state", "minutes_since_levodopa", "stimulation", "hoehn_yahr")


class ConsentForm(forms.Form):
    given = forms.TypedChoiceField(
        label=_("The participant"), choices=[("yes", _("consents")), ("no", _("takes consent back"))],
        coerce=lambda value: value == "yes", widget=forms.RadioSelect, initial="yes",
    )  # fmt: skip
    scopes = forms.TypedMultipleChoiceField(
        label=_("To"), choices=Scope.choices, coerce=Scope, widget=forms.CheckboxSelectMultiple
    )
    on = forms.DateField(
        label=_("Date of the signature"), widget=forms.DateInput(attrs={"type": "date"}),
        validators=[validate_consent_date],
    )  # fmt: skip
    version = forms.CharField(
        label=_("Version of the consent form"), max_length=40, validators=[validate_version],
        help_text=_("As printed on the form, such as 2.1 or 2026-03."),
    )  # fmt: skip


class WithdrawalForm(forms.Form):
    code = forms.CharField(label=_("Type the participant's code to confirm"), max_length=20)
