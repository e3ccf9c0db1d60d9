"""Which experiments are shown beside another."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from analysis.access import experiments_beside
from deid.algorithms.registry import get_method
from frontend.told import told
from ratings.models import Experiment


class ExperimentChoices(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Experiment) -> str:
        return f"{told(get_method(obj.method).label)} · {obj.name}"


class BesideForm(forms.Form):
    beside = ExperimentChoices(
        Experiment.objects.none(), label=_("Closed experiments on this cohort with other methods"), required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each that is shown is a look at its result, and is recorded."),
    )  # fmt: skip

    def __init__(self, *args: object, user: User, experiment: Experiment) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.choices.queryset = experiments_beside(user, experiment)

    @property
    def choices(self) -> ExperimentChoices:
        field = self.fields["beside"]
        assert isinstance(field, ExperimentChoices)  # noqa: S101 - declared above
        return field
