"""Forms of what stands around the rating: adjudicators, the debrief, reminders. The services have the rules."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cohorts.forms import UserChoice
from ratings.forms import active_raters
from ratings.models import Guess, Study


class GuessForm(forms.Form):
    """What a video was, and how sure the rater is."""

    taken_for = forms.ChoiceField(label=_("What was this video?"), choices=Guess.Taken.choices,
                                  widget=forms.RadioSelect)  # fmt: skip
    confidence = forms.TypedChoiceField(
        label=_("How sure are you?"), required=False, coerce=int, empty_value=None, widget=forms.RadioSelect,
        choices=[(1, _("1, a guess")), (2, "2"), (3, "3"), (4, "4"), (5, _("5, certain"))],
        help_text=_("Nothing, where you do not know."),
    )  # fmt: skip


class AdjudicatorForm(forms.Form):
    user = UserChoice(
        label=_("Rater"), queryset=User.objects.none(),
        help_text=_("Sees once more what others differ on, and is told neither that nor their scores."),
    )  # fmt: skip

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = study.adjudicators.values("user")
        self.fields["user"].queryset = active_raters().exclude(pk__in=named)  # type: ignore[attr-defined]


class ReminderForm(forms.Form):
    email = forms.EmailField(
        label=_("Your address"), required=False, max_length=254,
        help_text=_("Used for reminders only. Without one none are sent."),
    )  # fmt: skip
    wanted = forms.ChoiceField(
        label=_("Reminders"), required=False, widget=forms.RadioSelect,
        choices=[("yes", _("When videos wait and I have not rated for a while")), ("", _("None"))],
    )  # fmt: skip

    def clean_wanted(self) -> bool:
        return bool(self.cleaned_data["wanted"])
