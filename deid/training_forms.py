"""The form that starts a training; its rules are the services' own validators."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from deid.training_folders import SetFacts, training_sets


class TrainingForm(forms.Form):
    training_set = forms.ChoiceField(
        label=_("Training set"), required=False,
        help_text=_("Folders that manage.py build_training_set made in the training folder."),
    )  # fmt: skip
    licence = forms.CharField(
        label=_("Licence of the weights"), max_length=200,
        help_text=_("What the people in the pictures and the pictures' licence allow. It stands in the model store."),
    )  # fmt: skip
    commercial = forms.BooleanField(label=_("That licence allows commercial use too"), required=False)
    config = forms.CharField(
        label=_("Configuration"), max_length=20_000,
        help_text=_("Every key with its default and what it may be; {set} is the folder of the training set."),
        widget=forms.Textarea(attrs={"rows": 24, "class": "mono", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sets = [(each.name, _told(each)) for each in training_sets()]
        self.fields["training_set"].choices = [("", _("None")), *sets]  # type: ignore[attr-defined]


def _told(facts: SetFacts) -> str:
    if not facts.n_faces:
        return facts.name
    people = ngettext("%(n)d identity", "%(n)d identities", len(facts.identities)) % {"n": len(facts.identities)}
    faces = ngettext("%(n)d face", "%(n)d faces", facts.n_faces) % {"n": facts.n_faces}
    return f"{facts.name} ({faces}, {people}, {facts.side}×{facts.side})"
