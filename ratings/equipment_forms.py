"""The form of the equipment check; what passes is said by the service's own validator."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ratings.models import EquipmentCheck

STEPS = [("", "—"), *((str(n), str(n)) for n in range(EquipmentCheck.STEPS + 1))]


def _steps(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, choices=STEPS, coerce=int)


class EquipmentForm(forms.Form):
    """`sound` and what the browser measures are filled in by the page's script."""

    sound = forms.ChoiceField(
        choices=EquipmentCheck.Sound.choices, widget=forms.HiddenInput, initial=EquipmentCheck.Sound.NOT_HEARD
    )
    plays_video = forms.BooleanField(required=False, widget=forms.HiddenInput, initial=False)
    window_width = forms.IntegerField(min_value=0, max_value=100_000, widget=forms.HiddenInput, initial=0)
    window_height = forms.IntegerField(min_value=0, max_value=100_000, widget=forms.HiddenInput, initial=0)
    dark_steps = _steps(_("Squares that you see on black"))
    light_steps = _steps(_("Squares that you see on white"))
    problem = forms.CharField(
        label=_("What is wrong, if something is"), max_length=300, required=False,
        help_text=_("With a problem stated you can go on all the same."),
    )  # fmt: skip

    def __init__(self, *args: Any, with_sound: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.with_sound = with_sound

    def clean_sound(self) -> str:
        """Whether sound is asked is the study's to say."""
        heard: str = self.cleaned_data["sound"]
        if not self.with_sound:
            return EquipmentCheck.Sound.NOT_ASKED
        return EquipmentCheck.Sound.NOT_HEARD if heard == EquipmentCheck.Sound.NOT_ASKED else heard
