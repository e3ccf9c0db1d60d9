"""Forms; their rules are the services' own validators."""

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from deid.algorithms.registry import deidentification_methods
from deid.models import Decision
from deid.validators import validate_method


def method_choices() -> list[tuple[str, str]]:
    return [
        (m.name, format_html('<span><b>{}</b><br><span class="quiet small">{}</span></span>', m.label, m.summary))
        for m in deidentification_methods()
    ]


class JobForm(forms.Form):
    method = forms.CharField(
        label=_("Method"), widget=forms.RadioSelect(choices=method_choices()), validators=[validate_method]
    )


class DecisionForm(forms.Form):
    first = forms.IntegerField(min_value=0)
    verdict = forms.ChoiceField(choices=Decision.Verdict.choices)


class ReviewForm(forms.Form):
    note = forms.CharField(label=_("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
