"""Forms; their rules are the services' own validators."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from cohorts.access import cohorts_for
from cohorts.forms import UserChoice
from cohorts.models import Cohort
from deid.algorithms.registry import deidentification_methods
from ratings.models import Study
from ratings.validators import validate_study_name


class UserChoices(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: User) -> str:
        return obj.display_name


class StudyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        validators=[validate_study_name],
        help_text=_("Raters see it: it must not tell what was done to the videos."),
    )
    cohort = forms.ModelChoiceField(label=_("Cohort"), queryset=Cohort.objects.none())
    method = forms.ChoiceField(
        label=_("Method"), help_text=_("Its released renditions are compared with the originals.")
    )
    raters = UserChoices(
        label=_("Raters"), queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple,
        help_text=_("Each sees both versions of every recording, in an order of their own."),
    )  # fmt: skip

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        fields = self.fields
        fields["cohort"].queryset = cohorts_for(user)  # type: ignore[attr-defined]
        fields["method"].choices = [(m.name, m.label) for m in deidentification_methods()]  # type: ignore[attr-defined]
        raters = User.objects.filter(role=Role.RATER, is_active=True).order_by("username")
        fields["raters"].queryset = raters  # type: ignore[attr-defined]


class MemberForm(forms.Form):
    user = UserChoice(
        label=_("Investigator"),
        queryset=User.objects.none(),
        help_text=_("Reads the results once the study is closed."),
    )

    def __init__(self, *args: object, study: Study, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        readers = User.objects.filter(role=Role.INVESTIGATOR, is_active=True).exclude(study_memberships__study=study)
        self.fields["user"].queryset = readers.order_by("username")  # type: ignore[attr-defined]
