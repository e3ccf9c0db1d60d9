"""What the dashboards of fidelity can be filtered by."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from analysis.access import cohorts_to_read
from cohorts.models import Cohort, Participant
from cohorts.vocabulary import Sex, Task
from deid.algorithms.registry import deidentification_methods
from frontend.told import told

ALL = [("", _("All"))]
UNKNOWN = "unknown"
# Severity at the recording, by Hoehn and Yahr's stages; single ones hold too few.
STAGES: Mapping[str, tuple[Any, Q]] = {
    "early": (_("0 to 1.5"), Q(recording__clinical__hoehn_yahr__lte=1.5)),
    "mild": (_("2 and 2.5"), Q(recording__clinical__hoehn_yahr__in=(2, 2.5))),
    "moderate": (_("3"), Q(recording__clinical__hoehn_yahr=3)),
    "severe": (_("4 and 5"), Q(recording__clinical__hoehn_yahr__gte=4)),
    UNKNOWN: (_("Not known"), Q(recording__clinical__isnull=True) | Q(recording__clinical__hoehn_yahr__isnull=True)),
}


class FidelityFilter(forms.Form):
    """Each field narrows what is shown; empty, it does not."""

    cohort = forms.ModelChoiceField(Cohort.objects.none(), label=_("Cohort"), required=False, empty_label=_("All"))
    method = forms.ChoiceField(label=_("Method"), required=False)
    task = forms.ChoiceField(label=_("Task"), required=False, choices=[*ALL, *Task.choices])
    site = forms.ChoiceField(label=_("Site"), required=False)
    sex = forms.ChoiceField(label=_("Sex"), required=False, choices=[*ALL, *Sex.choices, (UNKNOWN, _("Not known"))])
    stage = forms.ChoiceField(
        label=_("Hoehn & Yahr"), required=False, choices=[*ALL, *((key, label) for key, (label, _q) in STAGES.items())]
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cohorts = cohorts_to_read(user)
        sites = Participant.objects.filter(cohort__in=cohorts).exclude(site="").order_by("site")
        self._choices("method", [(each.name, told(each.label)) for each in deidentification_methods()])
        self._choices("site", [(site, site) for site in sites.values_list("site", flat=True).distinct()])
        cohort = self.fields["cohort"]
        assert isinstance(cohort, forms.ModelChoiceField)  # noqa: S101 - declared above
        cohort.queryset = cohorts

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [*ALL, *choices]

    def condition(self) -> Q:
        """What renditions must be, of a valid form."""
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        found = Q()
        for name, path in (
            ("cohort", "recording__cohort"), ("method", "method"), ("task", "recording__task"),
            ("site", "recording__participant__site"),
        ):  # fmt: skip
            if name in asked:
                found &= Q(**{path: asked[name]})
        if "sex" in asked:
            found &= Q(recording__participant__sex="" if asked["sex"] == UNKNOWN else asked["sex"])
        if "stage" in asked:
            found &= STAGES[asked["stage"]][1]
        return found
