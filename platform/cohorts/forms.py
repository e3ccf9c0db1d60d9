"""Forms; their rules are the models' own validators."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cohorts.models import Task
from cohorts.validators import validate_code


class CohortForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Of the project, not of a person."))


class UploadForm(forms.Form):
    code = forms.CharField(
        label=_("Participant code"),
        max_length=20,
        validators=[validate_code],
        help_text=_("Capital letters and a number, such as PD-014. Never a name or a date of birth."),
    )
    task = forms.ChoiceField(label=_("MDS-UPDRS task"), choices=Task.choices)
    video = forms.FileField(label=_("Video file"), help_text=_("It is checked before it becomes a recording."))
