"""The form of one practice case; its rules are the service's own."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cohorts.models import Recording
from deid.algorithms.registry import ORIGINAL, get_method
from frontend.told import told
from ratings import practice_queries
from ratings.models import Study

REFERENCE = "reference_"


class PracticeForm(forms.Form):
    recording = forms.ModelChoiceField(
        label=_("Recording"), queryset=Recording.objects.none(),
        help_text=_("Best of somebody whom the study does not show. The study leaves this recording out."),
    )  # fmt: skip
    version = forms.ChoiceField(label=_("Version that is shown"))
    explanation = forms.CharField(
        label=_("Explanation"), max_length=400, required=False,
        help_text=_("One sentence that raters read after they have answered."),
    )  # fmt: skip

    def __init__(self, *args: Any, study: Study, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["recording"].queryset = practice_queries.possible_recordings(study, user)
        labels = [(name, told(get_method(name).label)) for name in study.methods]
        fields["version"].choices = [(ORIGINAL, _("Original")), *labels]
        for code, item in study.design.asked().items():
            fields[REFERENCE + code] = forms.IntegerField(
                label=_("Reference score: %(item)s") % {"item": item}, required=False, min_value=0,
                max_value=len(item.levels) - 1,
            )  # fmt: skip

    def told(self) -> dict[str, Any]:
        """What the service takes; a field that is empty gives no score."""
        given = self.cleaned_data
        scores = {name.removeprefix(REFERENCE): score for name, score in given.items() if name.startswith(REFERENCE)}
        return {
            "recording": given["recording"],
            "version": given["version"],
            "explanation": given["explanation"],
            "reference": {code: score for code, score in scores.items() if score is not None},
        }
