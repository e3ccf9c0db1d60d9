"""Forms of six-face experiments; their rules are the services' own validators."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from cohorts.access import cohorts_for
from cohorts.models import Cohort
from deid.algorithms.registry import deidentification_methods
from frontend.told import told
from ratings.forms import UserChoices
from ratings.sixface_protocol import CONTROLS, LIMITS, SixFaceProtocol
from ratings.validators import validate_study_name


def active(role: Role) -> Any:
    return User.objects.filter(role=role, is_active=True).order_by("username")


class ExperimentForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        validators=[validate_study_name],
        help_text=_("Judges see it: it must not tell what was done to the faces."),
    )
    cohort = forms.ModelChoiceField(label=_("Cohort"), queryset=Cohort.objects.none())
    method = forms.ChoiceField(label=_("Method"), help_text=_("Its released renditions are put before the judges."))
    judges = UserChoices(
        label=_("Judges"), queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple,
        help_text=_("People who know none of the participants. Each gets trials of their own."),
    )  # fmt: skip
    investigators = UserChoices(
        label=_("Investigators"), queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple,
        help_text=_("They read the result once the experiment is closed."),
    )  # fmt: skip

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        fields: dict[str, Any] = self.fields
        fields["cohort"].queryset = cohorts_for(user)
        fields["method"].choices = [(m.name, told(m.label)) for m in deidentification_methods()]
        fields["judges"].queryset = active(Role.JUDGE)
        fields["investigators"].queryset = active(Role.INVESTIGATOR)


def _number(name: str, label: Any, help_text: Any = "") -> forms.Field:
    least, most = LIMITS[name]
    if isinstance(least, int):
        return forms.IntegerField(label=label, min_value=least, max_value=int(most), help_text=help_text)
    step = forms.NumberInput(attrs={"step": "any"})
    return forms.FloatField(label=label, min_value=least, max_value=most, help_text=help_text, widget=step)


class SixFaceProtocolForm(forms.Form):
    """The drafted protocol; `groups` is how the page shows it."""

    trials_each = _number("trials_each", _("Trials of each judge"), _("Each shows another participant as the target."))
    controls = forms.ChoiceField(label=_("Controls"), choices=())
    control_cap = _number("control_cap", _("Most showings of one participant as a control to a judge"))
    donor_cap = _number("donor_cap", _("Most showings of one donor to a judge"), _("0 for any number"))
    catch_each = _number(
        "catch_each", _("Catch trials of each judge"),
        _("Half show two photographs of one person, half six strangers: they tell who looked."),
    )  # fmt: skip
    practice = _number("practice", _("Practice trials of each judge"), _("With feedback; they count in no result."))
    break_after = _number("break_after", _("Pause after so many trials"), _("0 for none"))
    upper_bound = _number(
        "upper_bound", _("Upper bound to be shown"), _("The share of trials in which the face is found again.")
    )
    margin = _number(
        "margin", _("Margin over 1/4"),
        _("Among answers that pair the de-identified face with its original or a control, the original's share may "
          "exceed 1/4 by less than this."),
    )  # fmt: skip
    margin_reason = forms.CharField(
        label=_("Justification of the margin"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    alpha = _number("alpha", _("Alpha"), _("One-sided"))
    least_right = _number(
        "least_right", _("Pairs that a judge must find"),
        _("Share of the catch trials with two photographs of one person; a judge who finds fewer is left out."),
    )  # fmt: skip
    most_false = _number(
        "most_false", _("Strangers that a judge may pair"),
        _("Share of the catch trials with six strangers; a judge who pairs more often is left out."),
    )  # fmt: skip

    GROUPS = (
        (_("Trials"), ("trials_each", "controls", "control_cap", "donor_cap")),
        (_("Judges"), ("catch_each", "practice", "break_after", "least_right", "most_false")),
        (_("Result"), ("upper_bound", "margin", "margin_reason", "alpha")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["controls"].choices = [(name, told(label)) for name, label in CONTROLS.items()]  # type: ignore[attr-defined]

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]

    def protocol(self) -> SixFaceProtocol:
        return SixFaceProtocol(**self.cleaned_data)


class PowerForm(forms.Form):
    """What is planted in the simulation of judges."""

    n_judges = forms.IntegerField(label=_("Judges"), min_value=1, max_value=60)
    trials_each = forms.IntegerField(label=_("Trials of each judge"), min_value=1, max_value=400)
    rate = forms.FloatField(
        label=_("True share found again"), min_value=0, max_value=0.5, widget=forms.NumberInput(attrs={"step": "any"})
    )
    judge_sd = forms.FloatField(
        label=_("Spread between judges"), min_value=0, max_value=3, widget=forms.NumberInput(attrs={"step": "any"}),
        help_text=_("Standard deviation in log-odds"),
    )  # fmt: skip
    participant_sd = forms.FloatField(
        label=_("Spread between participants"), min_value=0, max_value=3,
        widget=forms.NumberInput(attrs={"step": "any"}), help_text=_("Standard deviation in log-odds"),
    )  # fmt: skip
