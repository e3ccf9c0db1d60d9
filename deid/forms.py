"""Forms; their rules are the services' own validators."""

from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cohorts.access import participants_for
from cohorts.consent import consenting
from cohorts.models import Participant
from cohorts.vocabulary import Scope
from deid.access import own_donors_for
from deid.algorithms.registry import Method, deidentification_methods
from deid.donor_names import validate_donor_name
from deid.donor_queries import donor_choices
from deid.models import Decision, OwnDonor
from deid.validators import validate_available, validate_donor, validate_method
from deid.weights import unavailable
from frontend.told import told


class MethodChoice(forms.RadioSelect):
    """The methods, with what each does; one whose weights are missing cannot be chosen and says how to add them."""

    def __init__(self) -> None:
        self.missing = {method.name: unavailable(method) for method in deidentification_methods()}
        super().__init__(choices=[(m.name, self._described(m)) for m in deidentification_methods()])

    def _described(self, method: Method) -> SafeString:
        lines = [told(method.summary), *(_("Not available: %s") % told(why) for why in self.missing[method.name])]
        told_lines = format_html_join("", '<br><span class="quiet small">{}</span>', ((line,) for line in lines))
        return format_html("<span><b>{}</b>{}</span>", told(method.label), told_lines)

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if self.missing.get(str(value)):
            option["attrs"]["disabled"] = True
        return option


class JobForm(forms.Form):
    method = forms.CharField(
        label=_("Method"), widget=forms.RadioSelect, validators=[validate_method, validate_available]
    )
    donor = forms.CharField(
        label=_("Donor"),
        required=False,
        widget=forms.Select,
        help_text=_("For methods that put another face in place. A participant keeps the first one."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["method"].widget = MethodChoice()  # now: in the reader's language
        self.own_donors = own_donors_for(user)
        choices = [("", _("Chosen automatically")), *donor_choices(self.own_donors)]
        self.fields["donor"].widget = forms.Select(choices=choices)

    def clean_donor(self) -> str:
        name: str = self.cleaned_data["donor"]
        validate_donor(name, self.own_donors)
        return name


class DecisionForm(forms.Form):
    first = forms.IntegerField(min_value=0)
    verdict = forms.ChoiceField(choices=Decision.Verdict.choices)


class ReviewForm(forms.Form):
    note = forms.CharField(label=_("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class ParticipantChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Participant) -> str:
        return f"{obj.cohort.name}: {obj.code}"


class DonorForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        validators=[validate_donor_name],
        help_text=_("Such as own-volunteer-1; never the person's name."),
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=OwnDonor.Sex.choices)
    age = forms.IntegerField(label=_("Age"), min_value=18, max_value=110)
    participant = ParticipantChoice(
        label=_("Participant"), queryset=Participant.objects.none(), required=False,
        help_text=_("Where the donor is a participant of a cohort: the consent for donor use is then asked for."),
    )  # fmt: skip
    consent = forms.CharField(
        label=_("Consent record"), max_length=200, help_text=_("Where the signed consent to lend the face is kept.")
    )
    consented_on = forms.DateField(label=_("Consent signed on"), widget=forms.DateInput(attrs={"type": "date"}))
    photograph = forms.FileField(
        label=_("Photograph"),
        help_text=_("From the front, neutral, mouth closed, forehead bare, evenly lit, at least 400 pixels high."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        possible = participants_for(user).filter(pk__in=consenting(Scope.DONOR))
        self.fields["participant"].queryset = possible  # type: ignore[attr-defined]
